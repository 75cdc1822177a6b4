package io.reliablemessaging.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.Trouble;
import io.reliablemessaging.Trouble.Kind;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.LogCapture;
import io.reliablemessaging.test.SharedServers;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.test.util.ReflectionTestUtils;
import org.springframework.transaction.support.TransactionTemplate;

/** Somebody takes rights away from the application's role while it runs: it says which, and that PostgreSQL is away never. */
class RightsIT {

    private static final String TOPIC = "rights-" + UUID.randomUUID();
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static String database;
    private static String role;
    private static String group;
    private static JdbcTemplate owner;
    private static ConfigurableApplicationContext application;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Handlers handlers() {
            return new Handlers();
        }
    }

    static class Handlers {

        final Queue<String> handled = new ConcurrentLinkedQueue<>();

        @ReliableListener(id = "shipping", topics = "${test.topic}", groupId = "shipping")
        void ship(String payload) {
            handled.add(payload);
        }
    }

    @BeforeAll
    static void start() {
        database = HostApplication.newDatabase();
        HostApplication host = HostApplication.of(Host.class)
                .with(
                        "spring.application.name=host",
                        "spring.flyway.enabled=false",
                        "logging.level.io.reliablemessaging.delivery.DeliveryReports=debug",
                        "test.topic=" + TOPIC,
                        "reliable-messaging.topics." + TOPIC + ".partitions=1")
                .on(SharedServers.kafka())
                .on(SharedServers.postgres(), database);
        host.run().close();
        owner = new JdbcTemplate(new DriverManagerDataSource(
                SharedServers.postgres().jdbcUrl(database),
                SharedServers.postgres().username(),
                SharedServers.postgres().password()));
        role = "role_" + database;
        group = "group_" + database;
        owner.execute("create role " + group);
        owner.execute("grant usage on schema reliable_messaging to " + group);
        owner.execute("grant select, insert, update, delete on all tables in schema reliable_messaging to " + group);
        owner.execute("create role %s login password '%s' in role %s"
                .formatted(role, SharedServers.postgres().password(), group));
        application = host.with("spring.datasource.username=" + role).run();
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    @Test
    void whatIsRevokedIsATroubleUntilItIsGrantedAgain() {
        List<String> changes = List.of(
                "delete on reliable_messaging.outbox_message",
                "insert on reliable_messaging.outbox_published",
                "update on reliable_messaging.outbox_delayed");
        try (LogCapture log = LogCapture.start()) {
            changes.forEach(change -> owner.execute("revoke %s from %s".formatted(change, group)));
            publish("without");
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(missing())
                            .containsExactlyInAnyOrder(
                                    "table reliable_messaging.outbox_message: role %1$s lacks the right to DELETE. Grant it: 'grant delete on reliable_messaging.outbox_message to %1$s'"
                                            .formatted(role),
                                    "table reliable_messaging.outbox_published: role %1$s lacks the right to INSERT. Grant it: 'grant insert on reliable_messaging.outbox_published to %1$s'"
                                            .formatted(role),
                                    "table reliable_messaging.outbox_delayed: role %1$s lacks the right to UPDATE. Grant it: 'grant update on reliable_messaging.outbox_delayed to %1$s'"
                                            .formatted(role)));
            changes.forEach(change -> owner.execute("grant %s to %s".formatted(change, group)));
            awaitAllWorks("with");
            assertThat(log.ours("is away")).isEmpty();
        }
    }

    @Test
    void aMembershipThatIsLostIsATroubleAndNoOutage() {
        try (LogCapture log = LogCapture.start()) {
            owner.execute("revoke %s from %s".formatted(group, role));
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(missingNow())
                            .singleElement()
                            .asString()
                            .startsWith("schema reliable_messaging: role %s lacks USAGE, and rights on tables"
                                    .formatted(role)));
            assertThat(application.getBean(Infrastructure.class).postgres().isAway())
                    .isFalse();
            owner.execute("grant %s to %s".formatted(group, role));
            awaitAllWorks("member");
            assertThat(log.ours("is away")).isEmpty();
        }
    }

    @Test
    void aMessageWhoseInboxRowMayNotBeMadeWaitsAndSpendsNoAttempt() {
        owner.execute("revoke insert on reliable_messaging.inbox_message from " + group);
        try (LogCapture log = LogCapture.start()) {
            publish("waits");
            await().atMost(LIMIT).until(() -> log.has(": it waits"));
        }
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(missingNow())
                        .singleElement()
                        .asString()
                        .startsWith("table reliable_messaging.inbox_message: role %s lacks the right to INSERT"
                                .formatted(role)));
        owner.execute("grant insert on reliable_messaging.inbox_message to " + group);
        awaitAllWorks("inbox");
        await().atMost(LIMIT)
                .until(() -> application.getBean(Handlers.class).handled.contains("waits"));
        assertThat(owner.queryForObject("select count(*) from reliable_messaging.parked_failure", Long.class))
                .isZero();
    }

    @Test
    void whoMayNotLogInAnyMoreIsToldSoAndNothingIsAway() {
        try (LogCapture log = LogCapture.start()) {
            owner.execute("alter role %s nologin".formatted(role));
            endSessions();
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(missing())
                            .singleElement()
                            .asString()
                            .startsWith("database: PostgreSQL refuses the login of this application: ")
                            .contains("is not permitted to log in"));
            owner.execute("alter role %s login".formatted(role));
            awaitAllWorks("logged in");
            assertThat(log.ours("is away")).isEmpty();
        }
    }

    private static void endSessions() {
        owner.queryForList(
                "select pg_terminate_backend(pid, 10000) from pg_stat_activity where usename = ?", Boolean.class, role);
    }

    private static void awaitAllWorks(String payload) {
        await().atMost(LIMIT).untilAsserted(() -> {
            haveItLook();
            assertThat(operations().troubles())
                    .extracting(Trouble::kind)
                    .doesNotContain(Kind.RIGHT_MISSING, Kind.TABLES_UNREADABLE, Kind.RELAY_FAILING);
        });
        publish(payload);
        await().atMost(LIMIT)
                .until(() -> application.getBean(Handlers.class).handled.contains(payload));
    }

    private static void publish(String payload) {
        application
                .getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> application.getBean(MessagePublisher.class).publish(TOPIC, "k", payload));
    }

    private static MessagingOperations operations() {
        return application.getBean(MessagingOperations.class);
    }

    private static List<String> missingNow() {
        haveItLook();
        return missing();
    }

    // it looks by itself, too: the first right that is revoked is found so
    private static void haveItLook() {
        TroubleMonitor troubleMonitor = application.getBean(TroubleMonitor.class);
        ReflectionTestUtils.setField(troubleMonitor, "quietUntil", System.nanoTime());
        Object rights = Objects.requireNonNull(ReflectionTestUtils.getField(troubleMonitor, "rights"));
        ((RightsMonitor) rights).checkNextTime(System.nanoTime());
    }

    private static List<String> missing() {
        return operations().troubles().stream()
                .filter(trouble -> trouble.kind() == Kind.RIGHT_MISSING)
                .map(trouble -> trouble.where() + ": " + trouble.what())
                .toList();
    }
}
