package io.reliablemessaging.failures;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetterDetails;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.FailureGroup;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.test.SharedServers;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.example.shop.FaultyStock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** Whatever way a failure takes into the tables, it has a fingerprint, and belongs to a group that is counted. */
class FailureGroupsIT {

    private static final String FRAME = FaultyStock.class.getName() + ".call";
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final String topic = "failures-" + UUID.randomUUID();
    private String database;
    private ConfigurableApplicationContext application;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Handlers handlers() {
            return new Handlers();
        }
    }

    static class Handlers {

        @ReliableListener(id = "billing", topics = "${test.topic}", groupId = "billing")
        void bill(String payload) {
            fail(payload);
        }

        @ReliableListener(id = "shipping", topics = "${test.topic}", groupId = "shipping")
        void ship(String payload) {
            fail(payload);
        }

        private static void fail(String payload) {
            switch (payload) {
                case "call" -> new FaultyStock().call();
                case "lambda" -> new FaultyStock().inLambda();
                default -> {}
            }
        }
    }

    @BeforeEach
    void newDatabase() {
        database = HostApplication.newDatabase();
    }

    @AfterEach
    void close() {
        application.close();
    }

    private void start(String... properties) {
        application = HostApplication.of(Host.class)
                .with("spring.application.name=host", "test.topic=" + topic)
                .with(
                        "reliable-messaging.topics." + topic + ".partitions=1",
                        "reliable-messaging.listener.max-attempts=2")
                .with("reliable-messaging.listener.backoff.initial-delay=10ms")
                .with(properties)
                .on(SharedServers.kafka())
                .on(SharedServers.postgres(), database)
                .run();
    }

    private DeadLetters letters() {
        return application.getBean(DeadLetters.class);
    }

    private JdbcTemplate sql() {
        return application.getBean(JdbcTemplate.class);
    }

    private void publish(String key, String payload) {
        application
                .getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> application.getBean(MessagePublisher.class).publish(topic, key, payload));
    }

    private void awaitDead(long messages) {
        await().atMost(LIMIT).until(() -> letters().count(DeadLetterQuery.dead()) == messages);
    }

    private FailureGroup group(String group, String frame) {
        return letters().groups(DeadLetterQuery.all().group(group)).stream()
                .filter(each -> frame.equals(each.frame()))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void oneFaultOfTwoListenersIsTwoGroupsAndThatOfTwoKeysIsOne() {
        start("spring.application.version=41");
        publish("k1", "call");
        publish("k2", "call");
        publish("k3", "lambda");
        awaitDead(6);
        await().atMost(LIMIT)
                .until(() -> letters().groups(DeadLetterQuery.all()).stream().allMatch(group -> group.frame() != null));
        List<FailureGroup> groups = letters().groups(DeadLetterQuery.all());
        assertThat(groups).hasSize(4).extracting(FailureGroup::fingerprint).doesNotHaveDuplicates();
        assertThat(group("billing", FRAME)).satisfies(group -> {
            assertThat(group.topic()).isEqualTo(topic);
            assertThat(group.errorClass()).isEqualTo("java.lang.IllegalStateException");
            assertThat(group.errorMessage()).isEqualTo("no stock for order 17");
            assertThat(group.dead()).isEqualTo(2);
            assertThat(group.moreDead()).isFalse();
            assertThat(group.waiting()).isZero();
            assertThat(group.firstVersion()).isEqualTo("41");
            assertThat(group.lastVersion()).isEqualTo("41");
            assertThat(group.failures()).isPositive();
            assertThat(group.lastSeen()).isAfterOrEqualTo(group.firstSeen());
            assertThat(letters().find(DeadLetterQuery.all().fingerprint(group.fingerprint())))
                    .hasSize(2)
                    .extracting(DeadLetter::fingerprint)
                    .containsOnly(group.fingerprint());
        });
        assertThat(letters().groups(DeadLetterQuery.all().group("shipping").topic(topic)))
                .hasSize(2);
        assertThat(letters().groups(DeadLetterQuery.waiting())).isEmpty();
        assertThat(letters().groups(DeadLetterQuery.all().key("k3"))).hasSize(2).allMatch(group -> group.dead() == 1);
        assertThat(letters()
                        .groups(DeadLetterQuery.all().fingerprint(groups.get(0).fingerprint())))
                .containsExactly(groups.get(0));
        assertThat(letters().groups(DeadLetterQuery.all().limit(3))).isEqualTo(groups.subList(0, 3));
    }

    @Test
    void theVersionsThatFailedFirstAndLastAreKeptAndAllFailuresAreCountedWhenTheApplicationStops() {
        start("spring.application.version=41");
        publish("k1", "call");
        awaitDead(2);
        application.close();
        start("spring.application.version=42");
        letters().redrive(DeadLetterQuery.dead(), "olive");
        await().atMost(LIMIT)
                .until(() -> sql().queryForObject("select count(*) from reliable_messaging.parked_failure", Long.class)
                        == 8);
        awaitDead(2);
        application.close();
        start("spring.application.version=43");
        assertThat(letters().groups(DeadLetterQuery.all())).hasSize(2).allSatisfy(group -> {
            assertThat(group.firstVersion()).isEqualTo("41");
            assertThat(group.lastVersion()).isEqualTo("42");
            assertThat(group.failures()).isEqualTo(4);
        });
    }

    /** Parked, counted again by the drain, dead, and in place. */
    @Test
    void everyFailureOfEveryWayHasAFingerprint() {
        start("reliable-messaging.listeners.shipping.ordering=partition");
        publish("k1", "call");
        publish("k2", "lambda");
        awaitDead(4);
        List<DeadLetter> dead = letters().find(DeadLetterQuery.dead());
        assertThat(dead).allSatisfy(letter -> {
            assertThat(letter.fingerprint()).isNotNull();
            DeadLetterDetails details = letters().get(letter.id()).orElseThrow();
            assertThat(details.failures())
                    .hasSize(2)
                    .extracting(DeadLetterDetails.Failure::fingerprint)
                    .containsOnly(letter.fingerprint());
        });
        letters().redrive(dead.get(0).id(), "olive");
        awaitDead(4);
    }

    @Test
    void whatAPersonMakesDeadHasAFingerprintOfItsOwn() {
        start(
                "reliable-messaging.listener.max-attempts=1000000",
                "reliable-messaging.listener.backoff.initial-delay=1h",
                "reliable-messaging.listener.backoff.max-delay=1h");
        publish("k1", "call");
        publish("k1", "behind");
        await().atMost(LIMIT).until(() -> letters().count(DeadLetterQuery.waiting()) == 4);
        assertThat(letters().find(DeadLetterQuery.waiting().group("billing")))
                .extracting(DeadLetter::fingerprint)
                .satisfiesExactly(
                        first -> assertThat(first).isNotNull(),
                        behind -> assertThat(behind).isNull());
        assertThat(letters().groups(DeadLetterQuery.all())).hasSize(2).allMatch(group -> group.waiting() == 1);
        letters().makeDead(DeadLetterQuery.all().group("billing"), "supplier is gone", "olive");
        assertThat(letters().groups(DeadLetterQuery.dead())).singleElement().satisfies(group -> {
            assertThat(group.group()).isEqualTo("billing");
            assertThat(group.dead()).isEqualTo(2);
            assertThat(group.errorClass()).endsWith(".MadeDeadException");
            assertThat(group.frame()).isNull();
        });
    }

    /** Another session has locked the table. */
    @Test
    void storingAFailureWaitsForNoRowOfAGroup() throws Exception {
        start();
        publish("k1", "call");
        awaitDead(2);
        await().atMost(LIMIT).until(() -> rowsOfGroups() == 2);
        try (Connection other = application.getBean(DataSource.class).getConnection()) {
            other.setAutoCommit(false);
            other.createStatement().execute("lock table reliable_messaging.failure_group in access exclusive mode");
            publish("k2", "call");
            publish("k3", "lambda");
            await().atMost(LIMIT)
                    .until(() -> sql().queryForObject(
                                            "select count(*) from reliable_messaging.parked_message where state = 'DEAD'",
                                            Long.class)
                            == 6);
            other.rollback();
        }
    }

    @Test
    void aGroupWhoseRowIsLostIsShownWithWhatItsMessagesSay() {
        start();
        publish("k1", "call");
        awaitDead(2);
        await().atMost(LIMIT).until(() -> rowsOfGroups() == 2);
        sql().update("delete from reliable_messaging.failure_group");
        assertThat(letters().groups(DeadLetterQuery.all().group("billing")))
                .singleElement()
                .satisfies(group -> {
                    assertThat(group.errorClass()).isEqualTo("java.lang.IllegalStateException");
                    assertThat(group.frame()).isNull();
                    assertThat(group.failures()).isZero();
                    assertThat(group.dead()).isOne();
                });
    }

    @Test
    void failuresOfAnEarlierReleaseAreOneGroupForEachListener() {
        start();
        publish("k1", "call");
        publish("k2", "lambda");
        awaitDead(4);
        sql().update("update reliable_messaging.parked_message set fingerprint = null");
        List<FailureGroup> groups = letters().groups(DeadLetterQuery.all());
        assertThat(groups)
                .hasSize(2)
                .allMatch(group -> group.dead() == 2 && group.errorClass() == null)
                .extracting(FailureGroup::fingerprint)
                .containsOnly(FailureGroup.NO_FINGERPRINT);
        assertThat(letters()
                        .find(DeadLetterQuery.all()
                                .fingerprint(FailureGroup.NO_FINGERPRINT)
                                .group("billing")))
                .hasSize(2);
        assertThat(letters().groups(DeadLetterQuery.all().fingerprint(FailureGroup.NO_FINGERPRINT)))
                .isEqualTo(groups);
        assertThat(letters().count(DeadLetterQuery.all().fingerprint(FailureGroup.NO_FINGERPRINT)))
                .isEqualTo(4);
    }

    private long rowsOfGroups() {
        Long rows = sql().queryForObject("select count(*) from reliable_messaging.failure_group", Long.class);
        return rows == null ? 0 : rows;
    }
}
