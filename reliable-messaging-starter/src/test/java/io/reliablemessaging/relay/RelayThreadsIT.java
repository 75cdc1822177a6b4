package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.Trouble;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.test.SharedServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.support.TransactionTemplate;

/** Each thread of the relay goes on after an Error, which would end a scheduled task without a word. */
class RelayThreadsIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Host {

        @Bean
        static BeanPostProcessor foulPool() {
            return new BeanPostProcessor() {
                @Override
                public Object postProcessAfterInitialization(Object bean, String name) {
                    return bean instanceof DataSource pool ? new FoulPool(pool) : bean;
                }
            };
        }
    }

    /** Throws an Error at each of our threads, once it is told to; each gets one. */
    static final class FoulPool extends DelegatingDataSource {

        private final Set<String> met = ConcurrentHashMap.newKeySet();
        private volatile boolean foul;
        private volatile String always = "none";

        FoulPool(DataSource pool) {
            super(pool);
        }

        void turnFoul() {
            foul = true;
        }

        /** Throws at this thread each time. */
        void turnFoulFor(String thread) {
            always = thread;
        }

        boolean hasMet(String thread) {
            return met.stream().anyMatch(name -> name.startsWith(thread));
        }

        @Override
        public Connection getConnection() throws SQLException {
            String thread = Thread.currentThread().getName();
            if (thread.startsWith(always)) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            if (foul && thread.startsWith("rm-") && met.add(thread)) {
                throw new NoClassDefFoundError("com/example/Driver");
            }
            return super.getConnection();
        }
    }

    private final String database = HostApplication.newDatabase();
    private final JdbcTemplate outside = new JdbcTemplate(new DriverManagerDataSource(
            SharedServers.postgres().jdbcUrl(database),
            SharedServers.postgres().username(),
            SharedServers.postgres().password()));

    @Test
    @Tag("long") // the sampler looks every 15 seconds, and a trouble is over after another while
    void anErrorEndsNoneOfThem() {
        KafkaTopic topic =
                KafkaTopic.create(SharedServers.kafka().bootstrapServers(), "threads-" + UUID.randomUUID(), 1);
        try (ConfigurableApplicationContext host = HostApplication.onSharedServers(Host.class)
                .on(SharedServers.postgres(), database)
                .with("spring.datasource.hikari.maximum-pool-size=8", "reliable-messaging.relay.lease=1s")
                .run()) {
            publish(host, OutgoingMessage.to(topic.name()).key("k").payload("before"));
            topic.awaitValues(1);
            FoulPool pool = host.getBean(FoulPool.class);
            pool.turnFoul();
            // so that the threads that keep a connection ask for another
            outside.queryForList("select pg_terminate_backend(pid) from pg_stat_activity"
                    + " where datname = current_database() and pid <> pg_backend_pid()");
            await().until(() -> Stream.of("rm-lanes-", "rm-delayed-", "rm-overview-", "rm-watch-", "rm-metrics-")
                    .allMatch(pool::hasMet));
            Instant read =
                    host.getBean(MessagingOperations.class).lastSnapshot().tablesReadAt();

            publish(host, OutgoingMessage.to(topic.name()).key("k").payload("after"));
            publish(
                    host,
                    OutgoingMessage.to(topic.name())
                            .key("k")
                            .payload("delayed")
                            .deliverAt(Instant.now().plusMillis(100)));
            await().until(() -> topic.values().contains("delayed"));
            assertThat(topic.values()).contains("before", "after");
            await().until(() -> outside.queryForList("select id from reliable_messaging.outbox_message")
                    .isEmpty());
            await().until(() -> listeners() == 1);
            Instant renewed = renewedUntil();
            await().until(() -> renewedUntil().isAfter(renewed));
            assertThat(host.getBean(Relay.class).trouble()).isNull();
            await().until(() -> !Objects.equals(
                    host.getBean(MessagingOperations.class).lastSnapshot().tablesReadAt(), read));
            await().until(() ->
                    host.getBean(MessagingOperations.class).troubles().isEmpty());
        }
    }

    /** Nobody is there to give the lanes up: the lease runs out by itself, and nothing is sent any more. */
    @Test
    void anErrorThatKeepsTheLeaseFromBeingRenewedEndsTheSendingWithIt() {
        KafkaTopic topic =
                KafkaTopic.create(SharedServers.kafka().bootstrapServers(), "threads-" + UUID.randomUUID(), 1);
        try (ConfigurableApplicationContext host = HostApplication.onSharedServers(Host.class)
                .on(SharedServers.postgres(), database)
                .with("spring.datasource.hikari.maximum-pool-size=8", "reliable-messaging.relay.lease=1s")
                .run()) {
            publish(host, OutgoingMessage.to(topic.name()).key("k").payload("before"));
            topic.awaitValues(1);
            FoulPool pool = host.getBean(FoulPool.class);
            pool.turnFoulFor("rm-lanes-");
            RelayState relay = host.getBean(RelayState.class);
            await().until(() -> relay.lanes().isEmpty());
            outside.update("update reliable_messaging.relay_lane set owner = gen_random_uuid(), epoch = epoch + 1,"
                    + " expires_at = clock_timestamp() + interval '1 hour' where expires_at < clock_timestamp()");
            publish(host, OutgoingMessage.to(topic.name()).key("k").payload("not yours"));
            await().untilAsserted(() -> assertThat(
                            host.getBean(MessagingOperations.class).troubles())
                    .extracting(Trouble::kind)
                    .contains(Trouble.Kind.RELAY_FAILING));
            assertThat(relay.trouble()).contains("lease", "OutOfMemoryError");
            pool.turnFoulFor("none");
            await().until(() -> relay.trouble() == null);
            assertThat(topic.values()).containsExactly("before");
            outside.update("update reliable_messaging.relay_lane set expires_at = '-infinity'");
            assertThat(topic.awaitValues(2)).containsExactly("before", "not yours");
        }
    }

    private int listeners() {
        return outside.queryForObject(
                "select count(*) from pg_stat_activity where datname = current_database() and query like 'listen %'",
                Integer.class);
    }

    private Instant renewedUntil() {
        return outside.queryForObject(
                        "select min(expires_at) from reliable_messaging.relay_lane", java.sql.Timestamp.class)
                .toInstant();
    }

    private static void publish(ConfigurableApplicationContext host, OutgoingMessage.Builder message) {
        await().atMost(Duration.ofSeconds(20)).ignoreExceptions().until(() -> {
            host.getBean(TransactionTemplate.class)
                    .executeWithoutResult(
                            status -> host.getBean(MessagePublisher.class).publish(message.build()));
            return true;
        });
    }
}
