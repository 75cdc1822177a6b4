package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessagingSnapshot;
import io.reliablemessaging.Ordering;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.support.FlickeringDataSource;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.Recorder;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.listener.MessageListenerContainer;
import org.springframework.transaction.support.TransactionTemplate;

/** A database whose connections break again and again under listeners that keep an order by key, by partition and in batches. */
class FlickeringDatabaseIT {

    private static final List<String> LISTENERS = List.of("by-key", "by-batch", "by-partition");
    private static final int MESSAGES = 300;
    private static final int KEYS = 20;

    private final String topic = "flickering-" + UUID.randomUUID();
    private ConfigurableApplicationContext app;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        static BeanPostProcessor flickering() {
            return new BeanPostProcessor() {
                @Override
                public Object postProcessAfterInitialization(Object bean, String name) {
                    return bean instanceof DataSource pool
                            ? new FlickeringDataSource(pool, Host::isOfListeners, 4711)
                            : bean;
                }
            };
        }

        // handlers, the drain and the probe, not the thread that reads: its part has a test of its own
        private static boolean isOfListeners(String thread) {
            return (thread.startsWith("rm-by-") && !thread.contains("-reader-"))
                    || thread.startsWith("rm-listeners-")
                    || thread.startsWith("rm-timer-");
        }

        @Bean
        Recorder recorder() {
            return new Recorder();
        }

        @Bean
        Effects effects(JdbcTemplate sql) {
            sql.execute("create table effect (number bigint generated always as identity, listener text, key text,"
                    + " value text, partition int, place bigint)");
            return new Effects(sql);
        }
    }

    record Effects(JdbcTemplate sql) {

        @ReliableListener(id = "by-key", topics = "${test.topic}", groupId = "by-key")
        void byKey(IncomingMessage<String> message) {
            take("by-key", message);
        }

        @ReliableListener(
                id = "by-batch",
                topics = "${test.topic}",
                groupId = "by-batch",
                transaction = TransactionMode.BATCH)
        void byBatch(IncomingMessage<String> message) {
            take("by-batch", message);
        }

        @ReliableListener(
                id = "by-partition",
                topics = "${test.topic}",
                groupId = "by-partition",
                ordering = Ordering.PARTITION)
        void byPartition(IncomingMessage<String> message) {
            take("by-partition", message);
        }

        private void take(String listener, IncomingMessage<String> message) {
            sql.update(
                    "insert into effect (listener, key, value, partition, place) values (?, ?, ?, ?, ?)",
                    listener,
                    message.key(),
                    message.payload(),
                    message.partition(),
                    message.offset());
        }
    }

    @AfterEach
    void stop() {
        app.close();
    }

    @Test
    void everyEffectHappensOnceAndInOrderThoughConnectionsBreakAllTheTime() {
        app = HostApplication.onSharedServers(Host.class)
                .with(
                        "test.topic=" + topic,
                        "spring.datasource.hikari.maximum-pool-size=12",
                        "reliable-messaging.topics." + topic + ".partitions=3",
                        "reliable-messaging.listener.backoff.initial-delay=10ms",
                        "reliable-messaging.listener.backoff.max-delay=50ms")
                .run();
        LISTENERS.forEach(id -> listener(id).stop());
        publish(IntStream.range(0, MESSAGES).mapToObj(i -> "m" + i).toList());
        await().until(() -> recorder().sent.size() == MESSAGES);
        FlickeringDataSource database = app.getBean(FlickeringDataSource.class);
        database.flicker(0.06);
        LISTENERS.forEach(id -> listener(id).start());
        await().atMost(Duration.ofMinutes(3)).until(() -> {
            assertThat(lags()).allMatch(lag -> lag >= 0);
            return effects() >= MESSAGES * LISTENERS.size();
        });
        assertThat(database.failures()).isGreaterThan(MESSAGES / 10);
        database.flicker(0);
        await().until(() -> lags().equals(List.of(0L, 0L, 0L)));
        assertThat(recorder().dead).isEmpty();
        assertThat(count("reliable_messaging.parked_message")).isZero();
        LISTENERS.forEach(this::assertEachOnceAndInOrder);
        restarted();
        LISTENERS.forEach(this::assertEachOnceAndInOrder);
    }

    /** Whatever a restart brings again has come when a message that was published after it has. */
    private void restarted() {
        LISTENERS.forEach(id -> listener(id).stop());
        LISTENERS.forEach(id -> listener(id).start());
        publish(IntStream.range(0, KEYS).mapToObj(i -> "m" + (MESSAGES + i)).toList());
        int all = (MESSAGES + KEYS) * LISTENERS.size();
        await().atMost(Duration.ofMinutes(1)).until(() -> effects() >= all);
        assertThat(effects()).isEqualTo(all);
    }

    private void assertEachOnceAndInOrder(String listener) {
        List<String> values = sql().queryForList("select value from effect where listener = ?", String.class, listener);
        assertThat(values).as(listener).doesNotHaveDuplicates().hasSizeGreaterThanOrEqualTo(MESSAGES);
        // what waits in line together, in the order of its effects
        String line = listener.equals("by-partition") ? "partition::text" : "key";
        List<String> turned = sql().queryForList(
                        "select value from (select value, place, max(place) over (partition by " + line
                                + " order by number rows between unbounded preceding and 1 preceding) as before"
                                + " from effect where listener = ?) placed where before > place",
                        String.class,
                        listener);
        assertThat(turned).as("out of order in %s", listener).isEmpty();
    }

    private List<Long> lags() {
        List<Long> lags = app.getBean(Listeners.class).all().stream()
                .map(MessagingSnapshot.Listener::lag)
                .map(lag -> lag == null ? Long.MAX_VALUE : lag)
                .toList();
        assertThat(lags).hasSize(LISTENERS.size());
        return lags;
    }

    private void publish(List<String> values) {
        MessagePublisher publisher = app.getBean(MessagePublisher.class);
        app.getBean(TransactionTemplate.class)
                .executeWithoutResult(status -> values.forEach(
                        value -> publisher.publish(topic, "k" + Integer.parseInt(value.substring(1)) % KEYS, value)));
    }

    private MessageListenerContainer listener(String id) {
        return app.getBean(KafkaListenerEndpointRegistry.class).getListenerContainer(id);
    }

    private int effects() {
        return count("effect");
    }

    private int count(String table) {
        return sql().queryForObject("select count(*) from " + table, Integer.class);
    }

    private JdbcTemplate sql() {
        return app.getBean(JdbcTemplate.class);
    }

    private Recorder recorder() {
        return app.getBean(Recorder.class);
    }
}
