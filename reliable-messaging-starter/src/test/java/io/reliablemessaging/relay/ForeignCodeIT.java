package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.support.Recorder;
import io.reliablemessaging.test.ReliableMessagingTest;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.Partitioner;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.metrics.KafkaMetric;
import org.apache.kafka.common.metrics.MetricsReporter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** Whatever is thrown amid a send, no later message of the key passes the one that was not sent. */
@SpringBootTest(
        classes = ForeignCodeIT.Host.class,
        properties = {"spring.application.name=foreign-code-test", "reliable-messaging.relay.lease=2s"})
@ReliableMessagingTest
@ExtendWith(OutputCaptureExtension.class)
class ForeignCodeIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Host {}

    enum Foul {
        EXCEPTION {
            @Override
            void play() {
                throw new IllegalStateException("of the host's code");
            }
        },
        CHECKED_EXCEPTION {
            @Override
            void play() {
                Foul.<RuntimeException>sneak(new IOException("from Kotlin, say"));
            }
        },
        ERROR {
            @Override
            void play() {
                throw new NoClassDefFoundError("com/github/luben/zstd/ZstdOutputStream");
            }
        },
        INTERRUPT {
            @Override
            void play() {
                Thread.currentThread().interrupt();
            }
        };

        abstract void play();

        @SuppressWarnings("unchecked")
        private static <T extends Throwable> void sneak(Throwable thrown) throws T {
            throw (T) thrown;
        }
    }

    /** Runs within send(), on the thread that sends. */
    public static final class FoulPartitioner implements Partitioner {

        static final int ALWAYS = -1_000_000;
        static final AtomicInteger UNTIL = new AtomicInteger(-1);
        static volatile Foul foul = Foul.EXCEPTION;

        @Override
        public int partition(String topic, Object k, byte[] key, Object v, byte[] value, Cluster cluster) {
            if (topic.startsWith("foul-") && isDue(UNTIL.getAndDecrement())) {
                foul.play();
            }
            return 0;
        }

        private static boolean isDue(int left) {
            return left == 0 || left <= ALWAYS;
        }

        @Override
        public void close() {}

        @Override
        public void configure(Map<String, ?> configs) {}
    }

    /** Fails when the first two producers are opened, and whenever one is closed. */
    public static final class FoulReporter implements MetricsReporter {

        static final AtomicInteger OPENED = new AtomicInteger();

        @Override
        public void init(List<KafkaMetric> metrics) {
            if (OPENED.getAndIncrement() < 2) {
                throw new NoClassDefFoundError("com/example/Registry");
            }
        }

        @Override
        public void metricChange(KafkaMetric metric) {}

        @Override
        public void metricRemoval(KafkaMetric metric) {}

        @Override
        public void close() {
            throw new IllegalStateException("of the host's code, again");
        }

        @Override
        public void configure(Map<String, ?> configs) {}
    }

    @Autowired
    ApplicationContext host;

    @Autowired
    MessagePublisher publisher;

    @Autowired
    TransactionTemplate transaction;

    @Autowired
    JdbcTemplate sql;

    @Autowired
    Relay relay;

    private final String bootstrapServers;
    private final Recorder recorder = new Recorder();
    private KafkaTopic topic;

    @Autowired
    ForeignCodeIT(KafkaConnectionDetails kafka) {
        this.bootstrapServers = String.join(",", kafka.getBootstrapServers());
    }

    @BeforeEach
    void stopItsOwnRelay() {
        relay.stop();
        topic = KafkaTopic.create(bootstrapServers, "foul-" + UUID.randomUUID(), 1);
    }

    @AfterEach
    void startItsOwnRelay() {
        FoulPartitioner.UNTIL.set(-1);
        relay.start();
    }

    @ParameterizedTest
    @EnumSource(Foul.class)
    void noLaterMessageOfTheKeyPassesOneAtWhichSomethingIsThrown(Foul foul) {
        FoulPartitioner.foul = foul;
        FoulPartitioner.UNTIL.set(2);
        List<String> published = publish(0, 10);
        try (HookedRelay hooked =
                HookedRelay.start(host, Map.of("partitioner.class", FoulPartitioner.class.getName()), recorder)) {
            awaitSent(published);
            await().until(() -> hooked.loop().trouble() == null);
            awaitSent(publish(10, 11)); // it goes on
        }
        assertThat(new LinkedHashSet<>(topic.values()))
                .containsExactlyElementsOf(
                        IntStream.range(0, 11).mapToObj(Integer::toString).toList());
    }

    /** What goes wrong with one topic's messages for long holds no other topic up. */
    @Test
    void anExceptionHoldsItsTopicOnly() {
        FoulPartitioner.foul = Foul.EXCEPTION;
        FoulPartitioner.UNTIL.set(FoulPartitioner.ALWAYS);
        KafkaTopic other = KafkaTopic.create(bootstrapServers, "fair-" + UUID.randomUUID(), 1);
        List<String> published = publish(0, 3);
        transaction.executeWithoutResult(status -> publisher.publish(other.name(), "k", "flows"));
        try (HookedRelay hooked =
                HookedRelay.start(host, Map.of("partitioner.class", FoulPartitioner.class.getName()), recorder)) {
            assertThat(other.awaitValues(1)).containsExactly("flows");
            assertThat(topic.values()).isEmpty();
            FoulPartitioner.UNTIL.set(-1);
            awaitSent(published);
            await().until(() -> hooked.loop().trouble() == null);
        }
        assertThat(new LinkedHashSet<>(topic.values())).containsExactlyElementsOf(published);
    }

    @Test
    void anErrorIsSaidOnceHoweverOftenItIsThrown(CapturedOutput output) {
        FoulPartitioner.foul = Foul.ERROR;
        FoulPartitioner.UNTIL.set(FoulPartitioner.ALWAYS);
        List<String> published = publish(0, 3);
        try (HookedRelay hooked =
                HookedRelay.start(host, Map.of("partitioner.class", FoulPartitioner.class.getName()), recorder)) {
            await().until(() -> FoulPartitioner.UNTIL.get() <= FoulPartitioner.ALWAYS - 2);
            assertThat(hooked.loop().trouble()).contains("ZstdOutputStream");
            FoulPartitioner.UNTIL.set(-1);
            awaitSent(published);
            await().until(() -> hooked.loop().trouble() == null);
        }
        assertThat(output).containsOnlyOnce("The relay cannot work").containsOnlyOnce("The relay works again");
    }

    @Test
    void aMetricsReporterThatFailsDelaysOnly(CapturedOutput output) {
        FoulReporter.OPENED.set(0);
        List<String> published = publish(0, 3);
        try (HookedRelay hooked =
                HookedRelay.start(host, Map.of("metric.reporters", FoulReporter.class.getName()), recorder)) {
            awaitSent(published);
            await().until(() -> hooked.loop().trouble() == null);
        }
        assertThat(new LinkedHashSet<>(topic.values())).containsExactlyElementsOf(published);
        assertThat(output).containsOnlyOnce("The relay cannot work");
    }

    private List<String> publish(int from, int until) {
        List<String> values =
                IntStream.range(from, until).mapToObj(Integer::toString).toList();
        transaction.executeWithoutResult(
                status -> values.forEach(value -> publisher.publish(topic.name(), "k", value)));
        return values;
    }

    private void awaitSent(List<String> values) {
        await().atMost(Duration.ofMinutes(1)).until(() -> topic.values().containsAll(values));
        await().until(() ->
                sql.queryForObject("select count(*) from reliable_messaging.outbox_message", Integer.class) == 0);
    }
}
