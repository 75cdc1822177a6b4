package io.reliablemessaging.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.DurabilityAudit;
import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.MessagingSnapshot;
import io.reliablemessaging.Ordering;
import io.reliablemessaging.OutboxQuarantine;
import io.reliablemessaging.OutboxReplay;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.Intruder;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.test.SharedServers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.support.TransactionTemplate;

/** Messages go everywhere where one can be while the intruder's functions lie in wait; PostgreSQL counts how often one is called. */
@Tag("long") // IntruderIT shows the same of each statement by itself
class IntruderStoryIT {

    private static final String TOPIC = "intruded-" + UUID.randomUUID();
    private static final String SMALL = "intruded-small-" + UUID.randomUUID();
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Host {

        @Bean
        Handlers handlers() {
            return new Handlers();
        }
    }

    static class Handlers {

        final Queue<String> handled = new ConcurrentLinkedQueue<>();

        @ReliableListener(id = "shipping", topics = "${test.topic}", groupId = "shipping")
        void ship(IncomingMessage<String> message) {
            if (message.payload().equals("dead")) {
                throw new UnrecoverableMessageException("no such country");
            }
            if (message.payload().equals("failing")
                    && handled.stream().filter("failing"::equals).count() < 2) {
                handled.add("failing");
                throw new IllegalStateException("no stock");
            }
            handled.add(message.payload());
        }

        @ReliableListener(
                id = "auditing",
                topics = "${test.topic}",
                groupId = "auditing",
                ordering = Ordering.PARTITION)
        void audit(IncomingMessage<String> message) {}
    }

    @Test
    void nothingOfOursCallsAFunctionOfTheIntruder() {
        KafkaTopic.create(SharedServers.kafka().bootstrapServers(), SMALL, 1, Map.of("max.message.bytes", "1500"));
        String database = HostApplication.newDatabase();
        HostApplication host = HostApplication.of(Host.class)
                .with(
                        "spring.application.name=host",
                        "spring.flyway.enabled=false",
                        "spring.datasource.hikari.maximum-pool-size=10",
                        "test.topic=" + TOPIC,
                        "reliable-messaging.topics." + TOPIC + ".partitions=1",
                        "reliable-messaging.outbox.retention=1h",
                        "reliable-messaging.outbox.max-backlog-age=1h",
                        "reliable-messaging.listener.backoff.initial-delay=50ms")
                .on(SharedServers.kafka())
                .on(SharedServers.postgres(), database)
                .with("spring.datasource.hikari.maximum-pool-size=10");
        host.run().close(); // Flyway's statements, which make the tables, are not ours
        Intruder intruder = Intruder.in(database);
        intruder.shadow(IntruderIT.functions());
        JdbcTemplate sql = new JdbcTemplate(new DriverManagerDataSource(
                SharedServers.postgres().jdbcUrl(database),
                SharedServers.postgres().username(),
                SharedServers.postgres().password()));
        sql.execute("alter database " + database + " set track_functions = 'all'");
        try (ConfigurableApplicationContext application = host.run()) {
            tell(application);
        }
        // told when the session ends, as those of the application have
        sql.queryForList("select set_config('a.b', ?, true)", "c");
        await().atMost(LIMIT).until(() -> !intruder.called().isEmpty());
        assertThat(intruder.called()).containsExactly("set_config(text,character varying,boolean) 1");
    }

    private static void tell(ConfigurableApplicationContext application) {
        Handlers handlers = application.getBean(Handlers.class);
        publish(application, TOPIC, "first", "one", "two", "three");
        publish(application, TOPIC, "failing", "failing", "behind");
        publish(application, TOPIC, "dead", "dead");
        publish(application, SMALL, "large", "x".repeat(2000), "small");
        application.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
            publishAt(application, "soon", Instant.now().plusMillis(300));
            publishAt(application, "late", Instant.now().plusSeconds(3600));
        });
        await().atMost(LIMIT).until(() -> handlers.handled.containsAll(List.of("three", "behind", "soon")));
        ofDeadLetters(application.getBean(DeadLetters.class));
        ofTheQuarantine(application.getBean(OutboxQuarantine.class));
        Instant now = Instant.now();
        assertThat(application.getBean(OutboxReplay.class).replay(TOPIC, null, now.minusSeconds(600), now, "olive"))
                .isPositive();
        look(application);
    }

    private static void ofDeadLetters(DeadLetters letters) {
        DeadLetterQuery query = DeadLetterQuery.dead()
                .group("shipping")
                .topic(TOPIC)
                .key("dead")
                .errorClass("UnrecoverableMessageException")
                .parkedAfter(Instant.now().minusSeconds(600))
                .parkedBefore(Instant.now().plusSeconds(600))
                .limit(10);
        await().atMost(LIMIT).until(() -> letters.count(query) == 1);
        assertThat(letters.get(letters.find(query).get(0).id())).isPresent();
        assertThat(letters.redrive(query, "olive")).isEqualTo(1);
        await().atMost(LIMIT).until(() -> letters.count(query) == 1);
        assertThat(letters.redrive(DeadLetterQuery.all(), 100, "olive")).isEqualTo(1);
        await().atMost(LIMIT).until(() -> letters.count(query) == 1);
        assertThat(letters.discard(query, "no such country", "olive")).isEqualTo(1);
    }

    private static void ofTheQuarantine(OutboxQuarantine quarantine) {
        await().atMost(LIMIT).until(() -> !quarantine.find().isEmpty());
        assertThat(quarantine.release(SMALL, "large", "olive")).isPositive();
        await().atMost(LIMIT).until(() -> quarantine.find().stream().anyMatch(key -> !key.released()));
        assertThat(quarantine.skip(SMALL, "large", "olive")).isPositive();
    }

    private static void look(ConfigurableApplicationContext application) {
        MessagingOperations operations = application.getBean(MessagingOperations.class);
        MessagingSnapshot now = operations.snapshot();
        assertThat(now.outbox().delayed()).isEqualTo(1);
        operations.trace(MessageId.at(Instant.now()));
        operations.skip("auditing", TOPIC, 0, 1_000_000, "olive");
        assertThatThrownBy(() -> operations.growLanes(64, "olive"))
                .as("while it sends")
                .isInstanceOf(IllegalStateException.class);
        application.getBean(DurabilityAudit.class).look();
        await().atMost(LIMIT).until(() -> operations.tablesReadAt().isPresent());
    }

    private static void publishAt(ConfigurableApplicationContext application, String payload, Instant when) {
        application
                .getBean(MessagePublisher.class)
                .publish(OutgoingMessage.to(TOPIC)
                        .payload(payload)
                        .deliverAt(when)
                        .build());
    }

    private static void publish(
            ConfigurableApplicationContext application, String topic, String key, String... values) {
        application.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
            for (String value : values) {
                application.getBean(MessagePublisher.class).publish(topic, key, value);
            }
        });
    }
}
