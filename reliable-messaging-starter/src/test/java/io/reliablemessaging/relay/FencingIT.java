package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.lanes.OutboxSignal;
import io.reliablemessaging.producer.ProducerConfiguration;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.test.KafkaBroker;
import io.reliablemessaging.test.SharedServers;
import io.reliablemessaging.wire.KafkaConnection;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerInterceptor;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.util.ReflectionTestUtils;
import org.springframework.transaction.support.TransactionTemplate;

/** An instance that has lost its lanes, or may have, adds nothing to what the new owner does. The new owner is played by us. */
class FencingIT {

    private static final String FOR_AN_HOUR = "clock_timestamp() + interval '1 hour'";

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Host {

        @Bean
        Fences fences() {
            return new Fences();
        }

        /** As no host can: it may have no interceptor. */
        @Bean
        @Primary
        ProducerConfiguration watched(KafkaConnection kafka) {
            return new ProducerConfiguration(kafka.producer()) {
                @Override
                public Map<String, Object> within(Duration limit) {
                    Map<String, Object> config = new HashMap<>(super.within(limit));
                    config.put(ProducerConfig.INTERCEPTOR_CLASSES_CONFIG, Handed.class.getName());
                    return config;
                }
            };
        }
    }

    static class Fences implements MessagingObserver {

        final AtomicInteger count = new AtomicInteger();

        @Override
        public void fenced() {
            count.incrementAndGet();
        }
    }

    /** What the relay hands to its producer, and when it closes it. */
    public static class Handed implements ProducerInterceptor<byte[], byte[]> {

        static final AtomicInteger RECORDS = new AtomicInteger();
        static final AtomicInteger CLOSED = new AtomicInteger();

        @Override
        public ProducerRecord<byte[], byte[]> onSend(ProducerRecord<byte[], byte[]> sent) {
            RECORDS.incrementAndGet();
            return sent;
        }

        @Override
        public void close() {
            CLOSED.incrementAndGet();
        }

        @Override
        public void configure(Map<String, ?> configs) {}
    }

    private final KafkaTopic topic =
            KafkaTopic.create(SharedServers.kafka().bootstrapServers(), "fencing-" + UUID.randomUUID(), 1);
    private ConfigurableApplicationContext host;

    @BeforeEach
    void start() {
        host = HostApplication.onSharedServers(Host.class)
                .with("reliable-messaging.relay.lease=2s")
                .run();
        publish("first");
        topic.awaitValues(1);
        Handed.RECORDS.set(0);
        Handed.CLOSED.set(0);
    }

    @AfterEach
    void stop() {
        host.close();
    }

    /** Far more than one request waits in the producer; the new owner has decided otherwise about all of it. */
    @Test
    void whatItsProducerHasNotSentYetIsNeverSent() {
        List<String> values =
                IntStream.range(0, 20).mapToObj(i -> i + "x".repeat(200_000)).toList();
        KafkaBroker broker = SharedServers.kafka().broker(0);
        broker.pause();
        try {
            publish(values.toArray(String[]::new));
            await().until(() -> Handed.RECORDS.get() == values.size());
            sql().update("update reliable_messaging.relay_lane set owner = gen_random_uuid(), epoch = epoch + 1,"
                    + " expires_at = " + FOR_AN_HOUR);
            await().until(() -> Handed.CLOSED.get() > 0); // each answer it did not get closes it again
            sql().update("delete from reliable_messaging.outbox_message");
        } finally {
            broker.resume();
        }
        giveBack();
        publish("after it");
        await().until(() -> topic.values().contains("after it"));
        assertThat(topic.values()).doesNotContain(values.get(values.size() - 1));
    }

    /** It is cut off from Kafka, and another instance, played by us, is not. */
    @Test
    void leavesItsLanesOnlyWhenNothingOfThemCanBeSentAnyMore() {
        List<String> values =
                IntStream.range(0, 20).mapToObj(i -> i + "x".repeat(200_000)).toList();
        KafkaBroker broker = SharedServers.kafka().broker(0);
        broker.pause();
        try {
            publish(values.toArray(String[]::new));
            await().until(() -> Handed.RECORDS.get() == values.size());
            sql().update("insert into reliable_messaging.relay_instance (id, expires_at, sends_at)"
                    + " values (gen_random_uuid(), " + FOR_AN_HOUR + ", " + FOR_AN_HOUR + ")");
            await().until(() -> sql().queryForObject(
                                    "select count(*) from reliable_messaging.relay_lane where owner is not null",
                                    Integer.class)
                    == 0);
            assertThat(Handed.CLOSED)
                    .as("its producer was closed before another could have the lanes")
                    .satisfies(closed -> assertThat(closed.get()).isPositive());
            assertThat(host.getBean(RelayState.class).whyAside()).contains("no broker answers");
            sql().update("delete from reliable_messaging.outbox_message");
            sql().update("delete from reliable_messaging.relay_instance");
        } finally {
            broker.resume();
        }
        publish("after it");
        await().until(() -> topic.values().contains("after it"));
        assertThat(topic.values()).doesNotContain(values.get(values.size() - 1));
        assertThat(host.getBean(RelayState.class).whyAside()).isNull();
    }

    /** Nobody can tell it that its lanes are lost. Its own clock must. */
    @Test
    void handsNothingOverOnceItsLeaseHasRunOut() throws Exception {
        try (Connection holder = host.getBean(DataSource.class).getConnection();
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("select from reliable_messaging.relay_lane for update"); // renewals wait for us
            await().until(() -> host.getBean(Relay.class).lease().isOver());
            publish("not yours");
            awaitRound();
            assertThat(Handed.RECORDS).hasValue(0);
            statement.execute("update reliable_messaging.relay_lane set owner = gen_random_uuid(), epoch = epoch + 1,"
                    + " expires_at = " + FOR_AN_HOUR);
            statement.execute("delete from reliable_messaging.outbox_message");
            holder.commit();
        }
        await().until(() -> host.getBean(Fences.class).count.get() == 1);
        giveBack();
        publish("second");
        assertThat(topic.awaitValues(2)).containsExactly("first", "second");
    }

    /** The relay looks for a wake-up between its rounds: between two that it has found lies a whole one. */
    private void awaitRound() {
        OutboxSignal signal = host.getBean(OutboxSignal.class);
        Semaphore pending = (Semaphore) Objects.requireNonNull(ReflectionTestUtils.getField(signal, "pending"));
        for (int i = 0; i < 2; i++) {
            signal.wake();
            await().until(() -> pending.availablePermits() == 0);
        }
    }

    private void giveBack() {
        sql().update("update reliable_messaging.relay_lane set expires_at = '-infinity'");
    }

    private void publish(String... values) {
        host.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
            for (String value : values) {
                host.getBean(MessagePublisher.class).publish(topic.name(), "k", value);
            }
        });
    }

    private JdbcTemplate sql() {
        return host.getBean(JdbcTemplate.class);
    }
}
