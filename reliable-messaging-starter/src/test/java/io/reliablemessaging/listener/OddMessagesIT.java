package io.reliablemessaging.listener;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.Delivery;
import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.Ordering;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.RetryLaterException;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.Recorder;
import io.reliablemessaging.test.SharedServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;

/**
 * Messages and exceptions as nobody would think of them, in every mode of a listener: each is handled at most as often as
 * allowed, is a dead letter with a text that has a bound, can be sent again, and holds nobody else. The log is at its most
 * talkative, since what is logged must not do harm either.
 */
@TestInstance(Lifecycle.PER_CLASS)
class OddMessagesIT {

    private static final int ATTEMPTS = 2;
    private static final String NANOSECONDS = "1795000000000000000";
    // one for what is to be left alone for ages
    private static final int ASIDE = 1;

    private final String run = UUID.randomUUID().toString();
    private ConfigurableApplicationContext app;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Recorder recorder() {
            return new Recorder();
        }

        @Bean
        Odd odd(JdbcTemplate sql) {
            sql.execute("create table effect (number bigint generated always as identity, listener text, value text)");
            sql.execute("create table parcel (id int primary key)");
            sql.execute("insert into parcel values (1)");
            return new Odd(sql, new CopyOnWriteArrayList<>());
        }
    }

    record Odd(JdbcTemplate sql, List<String> calls) {

        @ReliableListener(id = "odd-key", topics = "${test.odd}-key", groupId = "${test.odd}-key")
        void key(IncomingMessage<String> message) {
            handle("odd-key", message);
        }

        @ReliableListener(
                id = "odd-partition",
                topics = "${test.odd}-partition",
                groupId = "${test.odd}-partition",
                ordering = Ordering.PARTITION)
        void partition(IncomingMessage<String> message) {
            handle("odd-partition", message);
        }

        @ReliableListener(
                id = "odd-none",
                topics = "${test.odd}-none",
                groupId = "${test.odd}-none",
                ordering = Ordering.NONE,
                concurrency = 4)
        void none(IncomingMessage<String> message) {
            handle("odd-none", message);
        }

        @ReliableListener(
                id = "odd-batch",
                topics = "${test.odd}-batch",
                groupId = "${test.odd}-batch",
                transaction = TransactionMode.BATCH)
        void batch(IncomingMessage<String> message) {
            handle("odd-batch", message);
        }

        private void handle(String listener, IncomingMessage<String> message) {
            calls.add(listener + ":" + message.payload());
            sql.update("insert into effect (listener, value) values (?, ?)", listener, message.payload());
            OddFailures.fail(message.payload(), sql);
        }
    }

    /** What handlers throw, by the first word of the payload. */
    static final class OddFailures {

        /** An exception none of whose methods can be trusted. */
        static final class Hostile extends RuntimeException {
            @Override
            public String getMessage() {
                throw new IllegalStateException("no message");
            }

            @Override
            public String toString() {
                throw new IllegalStateException("no text");
            }
        }

        static final class NoCause extends RuntimeException {
            @Override
            public synchronized Throwable getCause() {
                throw new IllegalStateException("no cause");
            }
        }

        private static volatile boolean repaired;

        static void fail(String payload, JdbcTemplate sql) {
            switch (repaired ? "" : payload.replaceFirst(" .*", "").replaceFirst("^\\[+$", "nested")) {
                case "huge" -> throw new IllegalStateException("x".repeat(30 << 20));
                case "causes" -> throw causes(3_000);
                case "circle" -> throw circle();
                case "hostile" -> throw new Hostile();
                case "nocause" -> throw new NoCause();
                case "nul" -> throw new IllegalStateException("a\0b \ud83d c");
                case "assertion" -> throw new AssertionError("not so");
                case "class" -> throw new NoClassDefFoundError("missing");
                case "nested" -> throw new IllegalStateException("depth " + depth(payload, 0));
                case "fails" -> throw new IllegalStateException("broken");
                case "patient" -> throw new RetryLaterException(Duration.ofSeconds(Long.MAX_VALUE));
                case "swallows" -> swallow(sql);
                case "fatal" -> throw new OutOfMemoryError("says the handler");
                default -> {}
            }
        }

        private static RuntimeException causes(int count) {
            RuntimeException thrown = new IllegalStateException("the first");
            for (int i = 0; i < count; i++) {
                thrown = new IllegalStateException("number " + i, thrown);
            }
            return thrown;
        }

        private static RuntimeException circle() {
            RuntimeException one = new IllegalStateException("one");
            one.initCause(new IllegalStateException("two", one));
            return one;
        }

        // as parsers do that call themselves
        private static int depth(String text, int at) {
            return at < text.length() && text.charAt(at) == '[' ? depth(text, at + 1) + 1 : 0;
        }

        private static void swallow(JdbcTemplate sql) {
            try {
                sql.update("insert into parcel values (1)");
            } catch (DuplicateKeyException expected) {
                // "it is there already"
            }
        }
    }

    @BeforeAll
    void start() {
        String odd = "odd-" + run;
        for (String mode : List.of("key", "partition", "none", "batch")) {
            KafkaTopic.create(
                    SharedServers.kafka().bootstrapServers(),
                    odd + "-" + mode,
                    2,
                    Map.of("message.timestamp.after.max.ms", Long.toString(Long.MAX_VALUE)));
        }
        app = HostApplication.onSharedServers(Host.class)
                .with(
                        "spring.datasource.hikari.maximum-pool-size=16",
                        "test.odd=" + odd,
                        "logging.level.io.reliablemessaging=debug",
                        "reliable-messaging.listener.max-attempts=" + ATTEMPTS,
                        "reliable-messaging.listener.backoff.initial-delay=10ms",
                        "reliable-messaging.listener.backoff.max-delay=20ms")
                .run();
    }

    @AfterAll
    void close() {
        app.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"key", "partition", "none", "batch"})
    void oddExceptionsAndErrorsArePartOfTheirMessage(String mode) {
        List<String> bad = Stream.of(
                        "huge",
                        "causes",
                        "circle",
                        "hostile",
                        "nocause",
                        "nul",
                        "assertion",
                        "class",
                        "[".repeat(100_000))
                .toList();
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < bad.size(); i++) {
            byte[] key = ("odd" + i).getBytes(UTF_8);
            records.add(record(mode, key, bad.get(i)));
            records.add(record(mode, key, "after " + i));
            records.add(record(mode, ("good" + i).getBytes(UTF_8), "good " + i));
        }
        handled(mode, records, "after ", "good ");
        List<DeadLetter> letters = dead(mode, bad.size());
        assertThat(letters)
                .extracting(DeadLetter::errorClass)
                .containsExactlyInAnyOrder(
                        "java.lang.IllegalStateException",
                        "java.lang.IllegalStateException",
                        "java.lang.IllegalStateException",
                        OddFailures.Hostile.class.getName(),
                        OddFailures.NoCause.class.getName(),
                        "java.lang.IllegalStateException",
                        "java.lang.AssertionError",
                        "java.lang.NoClassDefFoundError",
                        "java.lang.StackOverflowError");
        bad.forEach(payload -> assertCalls(mode, payload));
        assertThat(sql().queryForObject(
                                "select max(length(error_message) + length(stack_trace)) from reliable_messaging.parked_message",
                                Integer.class))
                .isLessThan(40 * 1024);
        deadLetterTopic(mode).awaitValues(bad.size());
        assertThat(container(mode).isRunning()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"key", "partition", "none", "batch"})
    void oddHeadersAndKeysAreStoredShownAndSentAgain(String mode) {
        byte[] notText = {(byte) 0xc3, (byte) 0x28, 0, (byte) 0xff};
        ProducerRecord<byte[], byte[]> longName = record(mode, notText, "fails long name");
        longName.headers().add("n".repeat(70_000), new byte[] {1});
        ProducerRecord<byte[], byte[]> manyHeaders = record(mode, "a\0b".getBytes(UTF_8), "fails many headers");
        for (int i = 0; i < 65_540; i++) {
            manyHeaders.headers().add(new RecordHeader("h" + i, new byte[] {2}));
        }
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>(List.of(longName, manyHeaders));
        // innocent ones that are parked, claimed and read together with them
        for (int i = 0; i < 5; i++) {
            records.add(record(mode, ("innocent" + i).getBytes(UTF_8), "fails innocent " + i));
            records.add(record(mode, ("innocent" + i).getBytes(UTF_8), "behind " + i));
        }
        handled(mode, records, "behind ");
        List<DeadLetter> letters = dead(mode, 7);
        assertThat(letters).allSatisfy(letter -> assertThat(letter.attempts()).isEqualTo(ATTEMPTS));
        List<ConsumerRecord<byte[], byte[]>> copies = deadLetters(mode, "fails ", 7);
        assertThat(copies)
                .anySatisfy(copy -> assertThat(copy.headers().lastHeader("n".repeat(70_000)))
                        .isNotNull());
        assertThat(copies)
                .anySatisfy(
                        copy -> assertThat(copy.headers().lastHeader("h65539")).isNotNull());
        OddFailures.repaired = true;
        try {
            letters.forEach(letter -> letters().redrive(letter.id(), "olive"));
            await().until(() -> effects(mode, "fails ").size() == 7);
        } finally {
            OddFailures.repaired = false;
        }
        assertThat(effects(mode, "fails ")).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @ValueSource(strings = {"key", "partition", "none", "batch"})
    void oddTimesSpendNoMoreAttemptsThanAllowed(String mode) {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        ProducerRecord<byte[], byte[]> published = record(mode, "published".getBytes(UTF_8), "fails published");
        published.headers().add("rm-published-at", NANOSECONDS.getBytes(UTF_8));
        records.add(published);
        ProducerRecord<byte[], byte[]> outOfRange = record(mode, "range".getBytes(UTF_8), "fails range");
        outOfRange
                .headers()
                .add("rm-published-at", Long.toString(Long.MIN_VALUE).getBytes(UTF_8));
        records.add(outOfRange);
        records.add(new ProducerRecord<>(
                topic(mode), 0, Long.parseLong(NANOSECONDS), "time".getBytes(UTF_8), "fails time".getBytes(UTF_8)));
        records.add(record(mode, ASIDE, "patient".getBytes(UTF_8), "patient"));
        records.add(record(mode, "other".getBytes(UTF_8), "other 1"));
        handled(mode, records, "other ");
        dead(mode, 3);
        assertCalls(mode, "fails published");
        assertCalls(mode, "fails range");
        assertCalls(mode, "fails time");
        await().until(() -> count("WAITING", mode) == 1);
        assertThat(calls(mode, "patient")).isBetween(1L, mode.equals("batch") ? 2L : 1);
        deadLetters(mode, "fails ", 3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"key", "partition", "none", "batch"})
    void aHandlerThatSwallowsAFailedStatementHasFailed(String mode) {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        IntStream.range(0, 6).forEach(i -> records.add(record(mode, ("k" + i).getBytes(UTF_8), "innocent " + i)));
        records.add(3, record(mode, "k2".getBytes(UTF_8), "swallows"));
        handled(mode, records, "innocent ");
        assertThat(dead(mode, 1).get(0).errorMessage()).contains("a statement failed");
        assertCalls(mode, "swallows");
        assertThat(effects(mode, "swallows")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"partition", "none", "batch"})
    void anErrorThatTheJvmMayNotSurviveStopsTheListenerBeforeItsMessage(String mode) {
        write(mode, List.of(record(mode, "k".getBytes(UTF_8), "fatal"), record(mode, "k".getBytes(UTF_8), "next")));
        await().until(() -> !container(mode).isRunning());
        assertThat(container(mode).failure().map(ReliableListenerContainer.Failure::error))
                .containsInstanceOf(OutOfMemoryError.class);
        await().until(() -> !container(mode).isChildRunning());
        assertThat(effects(mode, "fatal")).isEmpty();
        assertThat(count("DEAD", mode)).isZero();
        OddFailures.repaired = true;
        try {
            container(mode).start();
            await().until(() ->
                    effects(mode, "fatal").size() == 1 && effects(mode, "next").size() == 1);
        } finally {
            OddFailures.repaired = false;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"key", "partition", "none", "batch"})
    void differentMessagesWithOneIdAreOneEffectAndAreReported(String mode) {
        byte[] id = UUID.randomUUID().toString().getBytes(UTF_8);
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            ProducerRecord<byte[], byte[]> record = record(mode, "forwarded".getBytes(UTF_8), "forwarded " + i);
            record.headers().add("rm-message-id", id);
            records.add(record);
        }
        int before = recorder().different.size();
        write(mode, records);
        await().until(() -> recorder().different.size() == before + 2);
        assertThat(effects(mode, "forwarded ")).hasSize(1);
        assertThat(recorder().different.subList(before, before + 2))
                .extracting(Delivery::listener)
                .containsOnly("odd-" + mode);
        assertThat(count("DEAD", mode)).isZero();
    }

    @BeforeEach
    void clear() {
        sql().update("delete from effect");
        sql().update("delete from reliable_messaging.parked_message where state = 'DEAD'");
        app.getBean(Odd.class).calls().clear();
    }

    /** Writes records, and waits until all have had their effect whose payloads begin like this, each once. */
    private void handled(String mode, List<ProducerRecord<byte[], byte[]>> records, String... beginnings) {
        List<String> expected = records.stream()
                .map(record -> new String(record.value(), UTF_8))
                .filter(value -> Stream.of(beginnings).anyMatch(value::startsWith))
                .toList();
        write(mode, records);
        for (String beginning : beginnings) {
            List<String> some = expected.stream()
                    .filter(value -> value.startsWith(beginning))
                    .toList();
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> effects(mode, beginning).size() >= some.size());
            assertThat(effects(mode, beginning)).containsExactlyInAnyOrderElementsOf(some);
        }
    }

    // all are read together: its listener is stopped in the meantime
    private void write(String mode, List<ProducerRecord<byte[], byte[]>> records) {
        container(mode).stop();
        await().until(() -> !container(mode).isChildRunning());
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", SharedServers.kafka().bootstrapServers(), "linger.ms", 100),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            records.forEach(record -> {
                var unused = producer.send(record);
            });
            producer.flush();
        }
        container(mode).start();
    }

    private List<DeadLetter> dead(String mode, int count) {
        await().atMost(Duration.ofSeconds(60)).until(() -> count("DEAD", mode) == count);
        return letters().find(DeadLetterQuery.dead().group(topic(mode)));
    }

    private List<ConsumerRecord<byte[], byte[]>> deadLetters(String mode, String beginning, int count) {
        return await().atMost(Duration.ofSeconds(60))
                .until(
                        () -> deadLetterTopic(mode).records().stream()
                                .filter(record -> new String(record.value(), UTF_8).startsWith(beginning))
                                .toList(),
                        records -> records.size() >= count);
    }

    private KafkaTopic deadLetterTopic(String mode) {
        return new KafkaTopic(SharedServers.kafka().bootstrapServers(), topic(mode) + "." + topic(mode) + ".dlt");
    }

    private int count(String state, String mode) {
        return sql().queryForObject(
                        "select count(*) from reliable_messaging.parked_message where state = ? and consumer_group = ?",
                        Integer.class,
                        state,
                        topic(mode));
    }

    // once more for nothing if it is read with others: of those that fail together, each is then delivered by itself
    private void assertCalls(String mode, String payload) {
        assertThat(calls(mode, payload))
                .as(payload.substring(0, Math.min(20, payload.length())))
                .isBetween((long) ATTEMPTS, mode.equals("batch") ? ATTEMPTS + 1L : ATTEMPTS);
    }

    private long calls(String mode, String payload) {
        return app.getBean(Odd.class).calls().stream()
                .filter(("odd-" + mode + ":" + payload)::equals)
                .count();
    }

    private List<String> effects(String mode, String beginning) {
        return sql().queryForList(
                        "select value from effect where listener = ? and value like ? || '%'",
                        String.class, "odd-" + mode, beginning);
    }

    private ProducerRecord<byte[], byte[]> record(String mode, byte @Nullable [] key, String value) {
        return record(mode, 0, key, value);
    }

    private ProducerRecord<byte[], byte[]> record(String mode, int partition, byte @Nullable [] key, String value) {
        return new ProducerRecord<>(topic(mode), partition, key, value.getBytes(UTF_8));
    }

    private String topic(String mode) {
        return "odd-" + run + "-" + mode;
    }

    private ReliableListenerContainer container(String mode) {
        return (ReliableListenerContainer)
                app.getBean(KafkaListenerEndpointRegistry.class).getListenerContainer("odd-" + mode);
    }

    private DeadLetters letters() {
        return app.getBean(DeadLetters.class);
    }

    private JdbcTemplate sql() {
        return app.getBean(JdbcTemplate.class);
    }

    private Recorder recorder() {
        return app.getBean(Recorder.class);
    }
}
