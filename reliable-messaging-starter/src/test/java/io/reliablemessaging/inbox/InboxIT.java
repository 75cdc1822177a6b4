package io.reliablemessaging.inbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.tuple;

import io.reliablemessaging.Finding;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.retry.FailureJudge;
import io.reliablemessaging.support.HostApplication;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** What the inbox statement takes, and how it leaves the handler's transaction: on a real database. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class InboxIT {

    private static final MessageId ID = new MessageId(UUID.randomUUID());
    private static final Duration LIMIT = Duration.ofMinutes(4);

    private String lockTimeout;
    private ConfigurableApplicationContext host;
    private JdbcTemplate sql;
    private Inbox inbox;
    private TransactionTemplate transaction;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    @BeforeAll
    void start() {
        host = HostApplication.onSharedServers(Host.class)
                .with("reliable-messaging.relay.enabled=false", "reliable-messaging.durability.mode=off")
                .run();
        sql = host.getBean(JdbcTemplate.class);
        inbox = host.getBean(Inbox.class);
        transaction = host.getBean(TransactionTemplate.class);
        // as a host's migrations leave it behind: fits better than PostgreSQL's own, and does nothing
        sql.execute(
                "create function public.set_config(text, varchar, boolean) returns text language sql as 'select null'");
    }

    @AfterAll
    void stop() {
        host.close();
    }

    @BeforeEach
    void empty() {
        lockTimeout = "0";
        sql.execute("truncate reliable_messaging.inbox_message");
    }

    @Test
    void liftsACommitThatWaitsForNothing() {
        assertThat(afterTake("off", "synchronous_commit")).isEqualTo("on");
        assertThat(afterTakeAll("off", "synchronous_commit")).isEqualTo("on");
        assertThat(afterLimit("off", "synchronous_commit")).isEqualTo("on");
    }

    @Test
    void leavesEveryOtherCommitAsItIs() {
        for (String host : List.of("local", "remote_write", "on", "remote_apply")) {
            assertThat(afterTake(host, "synchronous_commit")).isEqualTo(host);
            assertThat(afterTakeAll(host, "synchronous_commit")).isEqualTo(host);
            assertThat(afterLimit(host, "synchronous_commit")).isEqualTo(host);
        }
    }

    @Test
    void waitsForLocksAfterTheInsertAsTheHostWantsOrForTenSeconds() {
        assertThat(afterTake("on", "lock_timeout")).isEqualTo("10s");
        assertThat(afterTakeAll("on", "lock_timeout")).isEqualTo("10s");
        assertThat(afterLimit("on", "lock_timeout")).isEqualTo("10s");
        lockTimeout = "2500ms";
        assertThat(afterTake("on", "lock_timeout")).isEqualTo("2500ms");
        assertThat(afterTakeAll("on", "lock_timeout")).isEqualTo("2500ms");
        assertThat(afterLimit("on", "lock_timeout")).isEqualTo("2500ms");
    }

    @Test
    void whatOneHostWantsIsForgottenWithItsTransaction() {
        lockTimeout = "2500ms";
        int before = inSession(() -> afterTake("on", "lock_timeout"));
        lockTimeout = "0";
        int after = inSession(() -> assertThat(afterTake("on", "lock_timeout")).isEqualTo("10s"));
        assertThat(after).as("the same session").isEqualTo(before);
    }

    private int inSession(Runnable work) {
        return transaction.execute(status -> {
            work.run();
            status.setRollbackOnly();
            return sql.queryForObject("select pg_backend_pid()", Integer.class);
        });
    }

    @Test
    void limitsTheTransactionEvenWhereTheMessageIsADuplicate() {
        take("k", "v");
        assertThat(afterTake("on", "transaction_timeout")).isEqualTo("4min");
        assertThat(afterTakeAll("on", "transaction_timeout")).isEqualTo("4min");
    }

    @Test
    void waitsForSomebodyElseForAMomentOnly() throws SQLException {
        try (Connection frozen = host.getBean(DataSource.class).getConnection()) {
            frozen.setAutoCommit(false);
            frozen.createStatement()
                    .execute("insert into reliable_messaging.inbox_message (consumer_group, topic, message_id) values"
                            + " ('billing', 'orders', '%s')".formatted(ID.value()));
            Throwable one = catchThrowable(() -> take("k", "v"));
            Throwable all = catchThrowable(() -> takeAll(arrival("k", "v")));
            frozen.rollback();
            for (Throwable thrown : List.of(one, all)) {
                assertThat(NestedExceptionUtils.getMostSpecificCause(thrown))
                        .isInstanceOfSatisfying(
                                SQLException.class,
                                cause -> assertThat(cause.getSQLState()).isEqualTo("55P03"));
                assertThat(FailureJudge.isLockTimeout(thrown)).isTrue();
            }
        }
        assertThat(take("k", "v")).isEqualTo(ChargeResult.NEW);
    }

    @Test
    void theInsertAloneWaitsForAMomentOnly() {
        sql.execute("create table seen (lock_timeout text)");
        sql.execute("create function see() returns trigger language plpgsql as"
                + " 'begin insert into seen values (current_setting(''lock_timeout'')); return new; end'");
        sql.execute("create trigger see before insert on reliable_messaging.inbox_message"
                + " for each row execute function see()");
        try {
            take("k", "v");
            takeAll(ArrivedMessage.of(new MessageId(new UUID(0, 3)), null, null));
            assertThat(sql.queryForList("select lock_timeout from seen", String.class))
                    .containsExactly("100ms", "100ms");
        } finally {
            sql.execute("drop trigger see on reliable_messaging.inbox_message");
        }
    }

    @Test
    void tellsADuplicateFromAnotherMessageWithTheSameId() {
        assertThat(take("k", "v")).isEqualTo(ChargeResult.NEW);
        assertThat(take("k", "v")).isEqualTo(ChargeResult.DUPLICATE);
        assertThat(take("k", "w")).isEqualTo(ChargeResult.DIFFERENT);
        assertThat(take("l", "v")).isEqualTo(ChargeResult.DIFFERENT);
        assertThat(host.getBean(DifferentDuplicates.class).run())
                .extracting(Finding::code, Finding::where)
                .containsExactly(tuple("RM-C005", "topic orders in group billing"));
    }

    @Test
    void aRowOfAnOlderVersionIsNoOtherMessage() {
        take("k", "v");
        sql.update("update reliable_messaging.inbox_message set checksum = null");
        assertThat(take("k", "w")).isEqualTo(ChargeResult.DUPLICATE);
        assertThat(takeAll(arrival("k", "w"))).containsExactly(ChargeResult.DUPLICATE);
    }

    @Test
    void severalAreToldOneByOneInTheirOrder() {
        ArrivedMessage second = ArrivedMessage.of(new MessageId(new UUID(0, 1)), null, null);
        take("k", "v");
        assertThat(takeAll(
                        second,
                        arrival("k", "v"),
                        ArrivedMessage.of(second.id(), null, new byte[1]),
                        second,
                        arrival("k", "w"),
                        ArrivedMessage.of(new MessageId(new UUID(0, 2)), null, null)))
                .containsExactly(
                        ChargeResult.NEW,
                        ChargeResult.DUPLICATE,
                        ChargeResult.DIFFERENT,
                        ChargeResult.DUPLICATE,
                        ChargeResult.DIFFERENT,
                        ChargeResult.NEW);
    }

    private static ArrivedMessage arrival(String key, String value) {
        return ArrivedMessage.of(ID, key.getBytes(UTF_8), value.getBytes(UTF_8));
    }

    private ChargeResult take(String key, String value) {
        return transaction.execute(status -> inbox.take("billing", "orders", arrival(key, value), LIMIT));
    }

    private List<ChargeResult> takeAll(ArrivedMessage... arrivals) {
        return transaction.execute(status -> inbox.takeAll("billing", "orders", List.of(arrivals), LIMIT));
    }

    private String afterTake(String synchronousCommit, String setting) {
        return after(synchronousCommit, setting, () -> inbox.take("billing", "orders", arrival("k", "v"), LIMIT));
    }

    private String afterTakeAll(String synchronousCommit, String setting) {
        return after(
                synchronousCommit,
                setting,
                () -> inbox.takeAll("billing", "orders", List.of(arrival("k", "v")), LIMIT));
    }

    private String afterLimit(String synchronousCommit, String setting) {
        return after(synchronousCommit, setting, () -> inbox.limit(LIMIT));
    }

    /** What a handler finds, on a connection with these settings. */
    private String after(String synchronousCommit, String setting, Runnable work) {
        return transaction.execute(status -> {
            sql.execute("set local synchronous_commit = '%s'".formatted(synchronousCommit));
            sql.execute("set local lock_timeout = '%s'".formatted(lockTimeout));
            work.run();
            String found = setting(setting);
            status.setRollbackOnly();
            return found;
        });
    }

    private String setting(String name) {
        return sql.queryForObject("select pg_catalog.current_setting(?)", String.class, name);
    }
}
