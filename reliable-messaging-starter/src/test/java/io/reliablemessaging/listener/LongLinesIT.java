package io.reliablemessaging.listener;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.Trouble;
import io.reliablemessaging.Trouble.Kind;
import io.reliablemessaging.consumer.ConsumerState;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.SharedServers;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** A handler that does not return has more messages of its key behind it than are read at once: other keys of its partition go on. */
class LongLinesIT {

    private static final String SLOW = "slow";
    private static final Duration LONG = Duration.ofMinutes(3);
    private static final int LINES = 8; // fewer than the pool has permits

    private final ListenerInstances app = new ListenerInstances();
    private final CountDownLatch release = new CountDownLatch(1);
    private final AtomicBoolean away = new AtomicBoolean();

    /** A listener of another group, which handles all that the first one does not. */
    @Configuration(proxyBeanMethods = false)
    static class AnotherListener {

        @Bean
        Another another() {
            return new Another();
        }
    }

    static class Another {

        private final Set<String> handled = ConcurrentHashMap.newKeySet();

        @ReliableListener(id = "another", topics = "${test.topic}", groupId = "another")
        void on(IncomingMessage<String> message) {
            handled.add(message.partition() + "@" + message.offset());
        }
    }

    @BeforeEach
    void holdTheFirst() {
        app.behaving(message -> {
            if (message.payload().startsWith("slow0|")) {
                release.await();
            }
            if (away.get()) {
                throw new ConnectException("away");
            }
        });
    }

    @AfterEach
    void close() {
        release.countDown();
        app.close();
    }

    @Test
    void otherKeysGoOnBeyondALongLineAndAfterAnOutageMeanwhile() {
        app.start(onePartition());
        write(0, slow(1_501, 10));
        awaitHeld();
        write(0, keys(0, 100, key -> true));
        app.awaitEffects(100);
        away.set(true);
        write(0, keys(100, 200, key -> true));
        await().until(() -> app.container(0).state().map(ConsumerState::outage).isPresent());
        away.set(false);
        app.awaitEffects(200);
        assertThat(app.effectsOf(SLOW)).isEmpty();

        release.countDown();
        assertAllHandledInOrder(slow(1_501, 10), 200);
    }

    /** In batches, keys share lines, and the lines of other keys go on. */
    @Test
    void inBatchesOtherLinesGoOnBeyondALongOne() {
        app.start(onePartition(
                "reliable-messaging.listener.transaction=batch", "reliable-messaging.listener.concurrency=" + LINES));
        write(0, slow(20_001, 10));
        awaitHeld();
        List<String> others = keys(0, 300, key -> line(key) != line(SLOW));
        List<String> sharing = keys(0, 300, key -> line(key) == line(SLOW));
        assertThat(sharing).isNotEmpty();
        write(0, sharing);
        write(0, others);
        app.awaitEffects(others.size());
        assertThat(app.effects()).containsExactlyInAnyOrderElementsOf(others);

        release.countDown();
        assertAllHandledInOrder(slow(20_001, 10), 300);
    }

    @Test
    void aLongLineThatIsHandedOverAmidItsFirstMessageLosesAndRepeatsNothing() {
        String handOver = "reliable-messaging.listener.hand-over-timeout=1s";
        app.start(handOver);
        write(0, slow(1_501, 10));
        awaitHeld();
        write(0, keys(0, 100, key -> true));
        write(1, keys(100, 200, key -> true));
        app.awaitEffects(200);
        app.start(handOver);
        await().until(() -> !app.container(1).getAssignedPartitions().isEmpty());
        write(0, keys(200, 300, key -> true));
        write(1, keys(300, 400, key -> true));
        app.stop(0);
        release.countDown();
        assertAllHandledInOrder(slow(1_501, 10), 400);
    }

    @Test
    void aLongLineTakesHalfOfTheMemoryAndOtherPartitionsAndListenersGoOn() {
        app.with(AnotherListener.class).start("reliable-messaging.listener.memory=4MB");
        write(0, slow(401, 10_000));
        awaitHeld();
        write(0, keys(0, 100, key -> true));
        List<String> others = keys(100, 200, key -> true);
        write(1, others);
        Another another = app.running.get(0).getBean(Another.class);
        await().atMost(LONG).until(() -> another.handled.size() == 601);
        await().atMost(LONG).until(() -> !readingLimited().isEmpty());
        assertThat(readingLimited())
                .singleElement(as(STRING))
                .contains("partition " + app.topic + "-0", "half of listener.memory", "Offset 0 (key hash 5e0cf7bd)");
        app.awaitEffects(100);
        assertThat(app.effects()).containsExactlyInAnyOrderElementsOf(others);
        assertThat(app.container(0).state().map(ConsumerState::bytes))
                .hasValueSatisfying(bytes -> assertThat(bytes).isBetween(2_000_000L, 3_000_000L));

        release.countDown();
        assertAllHandledInOrder(slow(401, 10_000), 200);
        await().until(() -> readingLimited().isEmpty());
    }

    /** Nothing is held: what arrives for a parked key is parked, too, and its line moves. */
    @Test
    void otherKeysGoOnBeyondALongLineOfAParkedKey() {
        app.behaving(message -> {
                    if (message.payload().startsWith("slow0|")) {
                        throw new IllegalStateException("broken");
                    }
                })
                .start(onePartition(
                        "reliable-messaging.listener.backoff.initial-delay=1h",
                        "reliable-messaging.listener.backoff.max-delay=1h"));
        write(0, slow(1_501, 10));
        write(0, keys(0, 100, key -> true));
        app.awaitEffects(100);
        await().atMost(LONG).until(() -> app.parked("WAITING").size() == 1_501);
        assertThat(app.parked("WAITING")).isEqualTo(slow(1_501, 10));
        assertThat(app.effectsOf(SLOW)).isEmpty();
    }

    /** Another instance that is frozen holds the row of the first one in the inbox; all keys share one line. */
    @Test
    void manyBehindAMessageThatIsTriedAgainHoldNoOtherKeyOfTheirLine() throws Exception {
        release.countDown();
        UUID first = UUID.randomUUID();
        app.start(onePartition(
                "reliable-messaging.listener.transaction=batch", "reliable-messaging.listener.concurrency=1"));
        try (Connection frozen = DriverManager.getConnection(
                app.jdbcUrl(),
                SharedServers.postgres().username(),
                SharedServers.postgres().password())) {
            frozen.setAutoCommit(false);
            frozen.createStatement()
                    .execute("insert into reliable_messaging.inbox_message (consumer_group, topic, message_id)"
                            + " values ('tested', '%s', '%s')".formatted(app.topic, first));
            new KafkaTopic(app.bootstrapServers(), app.topic)
                    .write(SLOW, slow(1, 10).get(0).getBytes(UTF_8), "rm-message-id", first.toString());
            write(0, slow(151, 10).subList(1, 151));
            write(0, keys(0, 100, key -> true));
            app.awaitEffects(100);
            assertThat(app.effectsOf(SLOW)).isEmpty();
            frozen.rollback();
        }
        assertAllHandledInOrder(slow(151, 10), 100);
    }

    private String[] onePartition(String... more) {
        return Stream.concat(Stream.of("reliable-messaging.topics." + app.topic + ".partitions=1"), Stream.of(more))
                .toArray(String[]::new);
    }

    private void awaitHeld() {
        await().until(() -> app.calls.stream().anyMatch(call -> call.startsWith("slow0|")));
    }

    private void assertAllHandledInOrder(List<String> line, int others) {
        app.awaitEffects(line.size() + others);
        assertThat(app.effectsOf(SLOW)).isEqualTo(line);
        assertThat(app.effects()).hasSize(line.size() + others).doesNotHaveDuplicates();
        assertThat(app.parked("DEAD")).isEmpty();
    }

    private List<String> readingLimited() {
        return app.running.get(0).getBean(MessagingOperations.class).troubles().stream()
                .filter(trouble -> trouble.kind() == Kind.READING_LIMITED)
                .map(Trouble::what)
                .toList();
    }

    private static List<String> slow(int count, int bytes) {
        return IntStream.range(0, count)
                .mapToObj(i -> SLOW + i + "|" + "x".repeat(bytes))
                .toList();
    }

    private static List<String> keys(int from, int to, Predicate<String> wanted) {
        return IntStream.range(from, to).mapToObj(i -> "k" + i).filter(wanted).toList();
    }

    private static int line(String key) {
        return Math.floorMod(ByteBuffer.wrap(key.getBytes(UTF_8)).hashCode(), LINES);
    }

    private static String keyOf(String value) {
        return value.startsWith(SLOW) ? SLOW : value;
    }

    /** Writes records as a stranger would, in this order. */
    private void write(int partition, List<String> values) {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", app.bootstrapServers(), "linger.ms", 5),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (String value : values) {
                var unused = producer.send(new ProducerRecord<>(
                        app.topic, partition, keyOf(value).getBytes(UTF_8), value.getBytes(UTF_8)));
            }
        }
    }
}
