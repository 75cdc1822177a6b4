package io.reliablemessaging.lanes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.Threads;
import io.reliablemessaging.test.SharedServers;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.support.TransactionTemplate;

/** A person adds lanes: not while anything waits or anybody sends, and then for everybody at once. */
class LaneGrowthIT {

    private static final int LANES = 4;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    private final String database = HostApplication.newDatabase();
    private final DriverManagerDataSource source = new DriverManagerDataSource(
            SharedServers.postgres().jdbcUrl(database),
            SharedServers.postgres().username(),
            SharedServers.postgres().password());
    private final JdbcTemplate sql = new JdbcTemplate(source);
    private final KafkaTopic topic =
            KafkaTopic.create(SharedServers.kafka().bootstrapServers(), "growth-" + UUID.randomUUID(), 1);
    private final List<ConfigurableApplicationContext> instances = new ArrayList<>();

    @AfterEach
    void stop() {
        instances.forEach(ConfigurableApplicationContext::close);
    }

    @Test
    void isUsedByAnInstanceThatWasThereBeforeAndByRelaysThatComeAfter() {
        ConfigurableApplicationContext publisher = start(false);
        ConfigurableApplicationContext relay = start(true);
        publish(publisher, "before");
        topic.awaitValues(20);
        await().until(() -> count("outbox_message") == 0);
        relay.close();

        start(false).getBean(MessagingOperations.class).growLanes(64, "more instances", "olive");
        publish(publisher, "after"); // by an instance that nobody has told
        assertEveryRowIsInItsLane(64);
        assertThat(count("relay_lane")).isEqualTo(64);
        assertThat(sql.queryForList("select who, action, target, reason from reliable_messaging.operation_log"))
                .containsExactly(Map.of(
                        "who", "olive", "action", "grow lanes", "target", "from 4 to 64", "reason", "more instances"));

        start(true);
        List<String> sent = topic.awaitValues(40);
        for (int key = 0; key < 20; key++) {
            assertThat(sent).containsSubsequence("k" + key + " before", "k" + key + " after");
        }
    }

    @Test
    void isRefusedWhileAnInstanceSends() {
        start(true);
        await().until(() -> count("relay_instance") == 1);
        assertRefused(
                "1 of its instances send. Stop all instances that run with reliable-messaging.relay.enabled=true");
    }

    @Test
    void isRefusedWhileAnInstanceThatWasKilledHasItsLease() {
        start(false);
        sql.update(
                "insert into reliable_messaging.relay_instance values (gen_random_uuid(), now() + interval '1 hour')");
        assertRefused("one that was killed counts until its lease of 2 s is over");
        sql.update("update reliable_messaging.relay_instance set expires_at = now()");
        grow(64);
    }

    @Test
    void isRefusedWhileMessagesWait() {
        publish(start(false), "waits");
        assertRefused("20 messages wait in outbox_message, in the existing lanes. Start an instance that sends");
    }

    @Test
    void isRefusedWhileMessagesAreInQuarantine() {
        start(false);
        sql.update("insert into reliable_messaging.outbox_quarantine (lane, id, message_id, topic, headers, created_at)"
                + " values (1, 1, gen_random_uuid(), 't', '', now())");
        assertRefused("1 messages wait in outbox_quarantine. Release, skip or discard them");
    }

    @Test
    void isRefusedForANumberThatIsNotMoreOrTooMany() {
        start(false);
        MessagingOperations operations = instances.get(0).getBean(MessagingOperations.class);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> operations.growLanes(3, "olive"))
                .withMessageContaining("has 4 lanes; it can get more lanes, but not 3");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> operations.growLanes(4, "olive"))
                .withMessageContaining("has 4 lanes; it can get more lanes, but not 4");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> operations.growLanes(1025, "olive"))
                .withMessageContaining("the largest number is 1024");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> operations.growLanes(8, " "))
                .withMessageContaining("Say who");
        assertThat(count("operation_log")).isZero();
    }

    /** It would publish with the number that it saw when it began. */
    @Test
    void isRefusedWhileATransactionKeepsASnapshot() throws SQLException {
        start(false);
        try (Connection host = source.getConnection();
                Statement statement = host.createStatement()) {
            host.setAutoCommit(false);
            host.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            statement.execute("select 1 from reliable_messaging.application");
            assertRefused("1 open transactions have an old snapshot (REPEATABLE READ or SERIALIZABLE)");
            host.commit();
        }
        grow(64);
    }

    @Test
    void waitsForATransactionThatHasInsertedAndIsThenRefused() throws Exception {
        start(false);
        try (Connection host = source.getConnection();
                Statement statement = host.createStatement()) {
            host.setAutoCommit(false);
            statement.execute("insert into reliable_messaging.outbox_message (lane, message_id, topic, headers)"
                    + " values (1, gen_random_uuid(), 't', '')");
            CompletableFuture<Void> growth = CompletableFuture.runAsync(() -> grow(64), Threads.NEW);
            await().until(() -> waitingForLocks() == 1);
            host.commit();
            assertThatThrownBy(growth::join)
                    .isInstanceOf(CompletionException.class)
                    .hasMessageContaining("1 messages wait in outbox_message");
        }
        assertThat(count("relay_lane")).isEqualTo(LANES);
    }

    /** Whether the database has kept a plan of the statement or not. */
    @Test
    void whoIsAboutToInsertMeanwhileUsesTheNewNumber() throws Exception {
        ConfigurableApplicationContext publisher = start(false);
        for (int i = 0; i < 12; i++) {
            publish(publisher, "kept plan");
            sql.update("delete from reliable_messaging.outbox_message");
        }
        try (Connection holder = source.getConnection();
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("lock table reliable_messaging.relay_lane in share mode");
            CompletableFuture<Void> growth = CompletableFuture.runAsync(() -> grow(64), Threads.NEW);
            await().until(() -> waitingForLocks() == 1); // it holds outbox_message by now
            CompletableFuture<Void> publishing = CompletableFuture.runAsync(() -> publish(publisher, "x"), Threads.NEW);
            await().until(() -> waitingForLocks() == 2);
            holder.commit();
            growth.join();
            publishing.join();
        }
        assertEveryRowIsInItsLane(64);
    }

    private void assertRefused(String why) {
        assertThatThrownBy(() -> grow(64))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("The outbox cannot have 64 lanes now, and nothing was changed: ")
                .hasMessageContaining(why);
        assertThat(sql.queryForObject("select lanes from reliable_messaging.application", Integer.class))
                .isEqualTo(LANES);
        assertThat(count("relay_lane")).isEqualTo(LANES);
        assertThat(count("operation_log")).isZero();
    }

    private void grow(int lanes) {
        instances.get(0).getBean(MessagingOperations.class).growLanes(lanes, "olive");
    }

    /** One message alone, for the statement that is made for it, and nineteen together. */
    private void publish(ConfigurableApplicationContext publisher, String text) {
        MessagePublisher messages = publisher.getBean(MessagePublisher.class);
        TransactionTemplate transaction = publisher.getBean(TransactionTemplate.class);
        transaction.executeWithoutResult(status -> messages.publish(topic.name(), "k0", "k0 " + text));
        transaction.executeWithoutResult(status -> {
            for (int key = 1; key < 20; key++) {
                messages.publish(topic.name(), "k" + key, "k" + key + " " + text);
            }
        });
    }

    private void assertEveryRowIsInItsLane(int lanes) {
        assertThat(sql.query(
                        "select convert_from(key, 'UTF8') as key, lane from reliable_messaging.outbox_message",
                        (row, number) -> Map.entry(row.getString("key"), row.getInt("lane"))))
                .hasSize(20)
                .allSatisfy(row -> assertThat(row.getValue())
                        .isEqualTo(Utils.toPositive(Utils.murmur2(row.getKey().getBytes(StandardCharsets.UTF_8)))
                                % lanes));
    }

    private int count(String table) {
        Integer rows = sql.queryForObject("select count(*) from reliable_messaging." + table, Integer.class);
        return rows == null ? 0 : rows;
    }

    private int waitingForLocks() {
        Integer waiting = sql.queryForObject(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
                Integer.class);
        return waiting == null ? 0 : waiting;
    }

    private ConfigurableApplicationContext start(boolean sends) {
        ConfigurableApplicationContext instance = HostApplication.of(Host.class)
                .on(SharedServers.postgres(), database)
                .on(SharedServers.kafka())
                .with(
                        "spring.application.name=growth",
                        "reliable-messaging.outbox.lanes=" + LANES,
                        "reliable-messaging.relay.lease=2s",
                        "reliable-messaging.relay.enabled=" + sends)
                .run();
        instances.add(instance);
        return instance;
    }
}
