package io.reliablemessaging.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.json.JsonMapper;

/** Collects the history of a site at rest. */
final class Historian {

    private static final Map<String, String> LEFT_OVER = Map.of(
            "the delayed messages",
            "select count(*) from reliable_messaging.outbox_delayed",
            "the outbox",
            "select count(*) from reliable_messaging.outbox_message",
            "the quarantine",
            "select count(*) from reliable_messaging.outbox_quarantine",
            "the parked messages",
            "select count(*) from reliable_messaging.parked_message where state = 'WAITING'",
            "the parked keys",
            "select count(*) from reliable_messaging.parked_key");

    private final Site site;
    private final Operator operator;
    private final Map<String, List<String>> groups;
    private final JsonMapper json = JsonMapper.builder().build();
    // a million messages have a few hundred different strings
    private final Map<String, String> strings = new HashMap<>();

    /**
     * Makes a historian.
     *
     * @param groups groups that read each topic
     */
    Historian(Site site, Operator operator, Map<String, List<String>> groups) {
        this.site = site;
        this.operator = operator;
        this.groups = groups;
    }

    History collect() throws IOException {
        Set<UUID> rolledBack = new HashSet<>();
        Set<UUID> believed = new HashSet<>();
        List<Entry> entries = new ArrayList<>();
        readDiaries(rolledBack, believed, entries);
        return new History(
                committed(),
                rolledBack,
                believed,
                appearances(),
                entries,
                effects(),
                dead(),
                redriven(),
                deadLetterTopics(),
                quarantined(),
                leftOver(),
                groups);
    }

    private List<Message> committed() {
        return site.jdbc()
                .sql("select token, topic, key, seq, failures, kind, instance, due from bank.posting")
                .query((row, number) -> new Message(
                        row.getObject(1, UUID.class),
                        shared(row.getString(2)),
                        shared(row.getString(3)),
                        row.getLong(4),
                        row.getInt(5),
                        shared(row.getString(6)),
                        shared(row.getString(7)),
                        row.getTimestamp(8) == null ? null : row.getTimestamp(8).toInstant()))
                .list();
    }

    private List<Effect> effects() {
        return site.jdbc()
                .sql("select id, consumer_group, topic, key, token, attempt, instance from bank.effect order by id")
                .query((row, number) -> new Effect(
                        row.getLong(1),
                        shared(row.getString(2)),
                        shared(row.getString(3)),
                        shared(row.getString(4)),
                        row.getObject(5, UUID.class),
                        row.getInt(6),
                        shared(row.getString(7))))
                .list();
    }

    private Map<String, Set<UUID>> dead() {
        Map<String, Set<UUID>> dead = new HashMap<>();
        operator.deadLetters(letter -> dead.computeIfAbsent(letter.group(), group -> new HashSet<>())
                .add(letter.messageId().value()));
        return dead;
    }

    private Set<UUID> redriven() {
        return new HashSet<>(site.jdbc()
                .sql("select token from bank.repaired")
                .query(UUID.class)
                .list());
    }

    private Map<String, Set<UUID>> deadLetterTopics() {
        Map<String, Set<UUID>> dead = new HashMap<>();
        groups.forEach((topic, readers) -> readers.forEach(group -> {
            Set<UUID> tokens = dead.computeIfAbsent(group, each -> new HashSet<>());
            read(topic + "." + group + ".dlt", record -> tokens.add(token(record.value())));
        }));
        return dead;
    }

    private Set<UUID> quarantined() {
        return new HashSet<>(site.jdbc()
                .sql("select value from reliable_messaging.outbox_quarantine")
                .query((row, number) -> token(row.getBytes(1)))
                .list());
    }

    private Map<String, Long> leftOver() {
        JdbcClient jdbc = site.jdbc();
        Map<String, Long> rows = new LinkedHashMap<>();
        LEFT_OVER.forEach(
                (table, sql) -> rows.put(table, jdbc.sql(sql).query(Long.class).single()));
        return rows;
    }

    private List<Appearance> appearances() {
        List<Appearance> appearances = new ArrayList<>();
        for (String topic : groups.keySet()) {
            read(
                    topic,
                    record -> appearances.add(new Appearance(
                            topic,
                            record.partition(),
                            record.offset(),
                            shared(new String(record.key(), StandardCharsets.UTF_8)),
                            Instant.ofEpochMilli(record.timestamp()),
                            token(record.value()))));
        }
        return appearances;
    }

    private void read(String topic, Consumer<ConsumerRecord<byte[], byte[]>> reader) {
        new TopicContents(site.kafka().bootstrapServers(), topic).read(reader);
    }

    private UUID token(byte[] value) {
        return UUID.fromString(json.readTree(value).get("token").asString());
    }

    private void readDiaries(Set<UUID> rolledBack, Set<UUID> believed, List<Entry> entries) throws IOException {
        try (Stream<Path> files = Files.list(site.directory())) {
            files.filter(file -> file.toString().endsWith(".diary"))
                    .forEach(file -> readDiary(file, rolledBack, believed, entries));
        }
    }

    private void readDiary(Path file, Set<UUID> rolledBack, Set<UUID> believed, List<Entry> entries) {
        String instance = shared(file.getFileName().toString().replace(".diary", ""));
        try (Stream<String> lines = Files.lines(file)) {
            lines.map(line -> line.split(" ", -1)).forEach(words -> {
                switch (words[0]) {
                    case "rolled-back" -> rolledBack.add(UUID.fromString(words[1]));
                    case "believed" -> believed.add(UUID.fromString(words[1]));
                    case "entered" ->
                        entries.add(new Entry(
                                shared(words[1]), UUID.fromString(words[2]), Integer.parseInt(words[3]), instance));
                    default -> throw new IllegalStateException("Not a line of a diary: " + words[0]);
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String shared(String text) {
        return Objects.requireNonNullElse(strings.putIfAbsent(text, text), text);
    }
}
