package io.reliablemessaging.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.Ordering;
import io.reliablemessaging.hostile.HostileRecord.Fate;
import io.reliablemessaging.hostile.HostileTopic.Place;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.LogCapture;
import io.reliablemessaging.test.SharedServers;
import io.reliablemessaging.wire.HeaderBytes;
import io.reliablemessaging.wire.WireHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.awaitility.core.ConditionTimeoutException;
import org.springframework.context.ApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;

/** Sends hostile records amid good ones to one listener, and says what has become of each that should not have. */
final class HostileFlow {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final ApplicationContext app;
    private final String name;
    private final Ordering ordering;
    private final List<String> wrong = new ArrayList<>();

    /**
     * Makes it.
     *
     * @param name of topic and group
     * @param ordering of the listener
     */
    HostileFlow(ApplicationContext app, String name, Ordering ordering) {
        this.app = app;
        this.name = name;
        this.ordering = ordering;
    }

    /** Sends them, and waits until nothing is left to be done; dead letters of keys that were not parked are redriven. */
    void run(List<HostileRecord> records, boolean parked) {
        sql().update("delete from effect");
        try (LogCapture log = LogCapture.start();
                HostileTopic topic = new HostileTopic(name)) {
            HostileHost.blocked = parked;
            Written written = Written.into(topic, records, parked);
            if (parked) {
                waited(() -> letters(DeadLetter.State.WAITING).size() >= parked(written));
                HostileHost.blocked = false;
            }
            waited(() -> effects().size() >= written.count()
                    && letters(DeadLetter.State.DEAD).size() >= written.dead().size()
                    && letters(DeadLetter.State.WAITING).isEmpty());
            checkEffects(written);
            Map<Place, ConsumerRecord<byte[], byte[]>> received = received();
            checkDead(written, received);
            checkCopies(written, received);
            wrong.addAll(new Signs(app).wrong(log));
            assertThat(wrong).isEmpty();
            if (!parked) {
                redrive(written); // from a parked key or not, a dead letter is the same
            }
            discard(written);
        } finally {
            HostileHost.blocked = false;
        }
    }

    // a partition waits for its first message; behind the one of a key, at least a good one is parked, too
    private int parked(Written written) {
        return switch (ordering) {
            case PARTITION -> 2;
            case KEY -> 2 * written.blockers;
            case NONE -> written.blockers;
        };
    }

    // what is missing is named by the checks
    private void waited(Callable<Boolean> condition) {
        try {
            await().atMost(PATIENCE).until(condition);
        } catch (ConditionTimeoutException e) {
            wrong.add("something is missing after " + PATIENCE);
        }
    }

    private void checkEffects(Written written) {
        List<Place> effects = effects();
        Map<Place, Integer> order = new HashMap<>();
        for (int i = 0; i < effects.size(); i++) {
            if (order.put(effects.get(i), i) != null) {
                wrong.add("handled twice: " + written.name(effects.get(i)));
            }
        }
        for (List<Place> line : written.effects.values()) {
            int last = -1;
            for (Place place : line) {
                Integer at = order.remove(place);
                if (at == null) {
                    wrong.add("not handled: " + written.name(place));
                } else if (ordering != Ordering.NONE && at < last) {
                    wrong.add("out of order: " + written.name(place));
                }
                last = at == null ? last : at;
            }
        }
        order.keySet().forEach(place -> wrong.add("handled: " + written.name(place)));
    }

    private void checkDead(Written written, Map<Place, ConsumerRecord<byte[], byte[]>> received) {
        Map<Place, DeadLetter> dead = letters(DeadLetter.State.DEAD);
        letters(DeadLetter.State.WAITING)
                .forEach((place, letter) -> wrong.add("still parked: %s, %s".formatted(written.name(place), letter)));
        written.dead().forEach(place -> {
            DeadLetter letter = dead.remove(place);
            if (letter == null) {
                wrong.add("not dead: " + written.name(place));
            } else {
                checkLetter(written.hostile.get(place), letter, received.get(place));
            }
        });
        dead.forEach((place, letter) -> wrong.add(
                "dead: %s, by %s: %s".formatted(written.name(place), letter.errorClass(), letter.errorMessage())));
    }

    private void checkLetter(HostileRecord hostile, DeadLetter letter, ConsumerRecord<byte[], byte[]> received) {
        String error = letter.errorClass() + ": " + letter.errorMessage();
        if (!error.contains(hostile.error())) {
            wrong.add("%s: dead by %s, not by %s".formatted(hostile, error, hostile.error()));
        }
        sql().query(
                        "select key, value, headers, stack_trace from reliable_messaging.parked_message where id = ?",
                        row -> {
                            if (!Arrays.equals(row.getBytes(1), hostile.key())
                                    || !Arrays.equals(row.getBytes(2), hostile.value())
                                    || !HeaderBytes.decode(row.getBytes(3)).equals(received.headers())) {
                                wrong.add(hostile + ": not kept as it was received");
                            }
                            if ((error + row.getString(4)).contains(HostileRecords.SECRET)) {
                                wrong.add(hostile + ": the error quotes it: " + error);
                            }
                        },
                        letter.id());
        if (letters().get(letter.id()).isEmpty()) {
            wrong.add(hostile + ": cannot be shown");
        }
        if (letter.key() != null
                && letters().find(DeadLetterQuery.dead().key(letter.key())).isEmpty()) {
            wrong.add(hostile + ": is not found by its key");
        }
    }

    private void checkCopies(Written written, Map<Place, ConsumerRecord<byte[], byte[]>> received) {
        List<Place> expected = written.dead().stream()
                .filter(place -> written.hostile.get(place).fate() == Fate.DEAD)
                .toList();
        waited(() ->
                sql().queryForObject("select count(*) from reliable_messaging.outbox_message", Integer.class) == 0);
        Map<Place, ConsumerRecord<byte[], byte[]>> copies = copies();
        for (Place place : expected) {
            ConsumerRecord<byte[], byte[]> copy = copies.get(place);
            ConsumerRecord<byte[], byte[]> original = received.get(place);
            if (copy == null) {
                wrong.add("no copy on the topic: " + written.name(place));
            } else if (!Arrays.equals(copy.key(), original.key())
                    || !Arrays.equals(copy.value(), original.value())
                    || !theirs(copy.headers()).equals(theirs(original.headers()))) {
                wrong.add("not a copy: " + written.name(place));
            }
        }
        int large = written.dead().size() - expected.size();
        int refused = sql().queryForObject(
                        "select count(*) from reliable_messaging.outbox_quarantine where topic = ?",
                        Integer.class,
                        deadLetterTopic());
        if (refused != large) {
            wrong.add("%d copies are in quarantine, not %d".formatted(refused, large));
        }
    }

    // those that a dead letter keeps
    private static List<Header> theirs(Headers headers) {
        return Stream.of(headers.toArray())
                .filter(header -> !header.key().startsWith(WireHeaders.DLT_PREFIX)
                        && !header.key().equals(WireHeaders.MESSAGE_ID))
                .toList();
    }

    private void redrive(Written written) {
        int dead = written.dead().size();
        assertThat(letters().redrive(DeadLetterQuery.dead().group(name), "olive"))
                .isEqualTo(dead);
        await("all are dead again")
                .atMost(PATIENCE)
                .until(() -> letters(DeadLetter.State.DEAD).size() == dead);
        assertThat(letters(DeadLetter.State.DEAD).values())
                .allSatisfy(letter -> assertThat(letter.redriven()).isOne());
    }

    private void discard(Written written) {
        assertThat(letters().discard(DeadLetterQuery.dead().group(name), "seen", "olive"))
                .isEqualTo(written.dead().size());
        sql().update("delete from reliable_messaging.outbox_quarantine");
    }

    private List<Place> effects() {
        return sql().query(
                        "select partition, \"offset\" from effect where topic = ? order by number",
                        (row, number) -> new Place(row.getInt(1), row.getLong(2)),
                        name);
    }

    private Map<Place, DeadLetter> letters(DeadLetter.State state) {
        Map<Place, DeadLetter> letters = new LinkedHashMap<>();
        letters()
                .find(DeadLetterQuery.all().group(name).state(state).limit(10_000))
                .forEach(letter -> letters.put(new Place(letter.partition(), letter.offset()), letter));
        return letters;
    }

    private Map<Place, ConsumerRecord<byte[], byte[]>> received() {
        Map<Place, ConsumerRecord<byte[], byte[]>> records = new HashMap<>();
        topic(name).records().forEach(record -> records.put(new Place(record.partition(), record.offset()), record));
        return records;
    }

    private Map<Place, ConsumerRecord<byte[], byte[]>> copies() {
        Map<Place, ConsumerRecord<byte[], byte[]>> records = new HashMap<>();
        topic(deadLetterTopic())
                .records()
                .forEach(record -> records.put(
                        new Place(
                                Integer.parseInt(WireHeaders.text(record.headers(), WireHeaders.DLT_PARTITION)),
                                Long.parseLong(WireHeaders.text(record.headers(), WireHeaders.DLT_OFFSET))),
                        record));
        return records;
    }

    private String deadLetterTopic() {
        return name + "." + name + ".dlt";
    }

    private static KafkaTopic topic(String name) {
        return new KafkaTopic(SharedServers.kafka().bootstrapServers(), name);
    }

    private DeadLetters letters() {
        return app.getBean(DeadLetters.class);
    }

    private JdbcTemplate sql() {
        return app.getBean(JdbcTemplate.class);
    }
}
