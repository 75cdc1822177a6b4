package io.reliablemessaging.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.springframework.transaction.TransactionDefinition.PROPAGATION_NESTED;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.delayed.DelayedTable;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.Threads;
import io.reliablemessaging.test.SharedServers;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** When and how delayed messages change tables. There is no relay: we move them ourselves, and look at the rows. */
class DelayedRowsIT {

    private static final String MOVED = "reliable_messaging.outbox_message";
    private static final String WAITING = "reliable_messaging.outbox_delayed";

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        JdbcTransactionManager transactionManager(DataSource dataSource) {
            return new JdbcTransactionManager(dataSource);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class WrongClock {

        @Bean
        Clock clock() {
            return Clock.offset(Clock.systemUTC(), Duration.ofDays(2));
        }
    }

    private final String database = HostApplication.newDatabase();
    private final List<ConfigurableApplicationContext> hosts = new ArrayList<>();

    @AfterEach
    void stop() {
        hosts.forEach(ConfigurableApplicationContext::close);
    }

    @Test
    void goesWithItsSavepoint() {
        start();
        TransactionTemplate nested = new TransactionTemplate(host().getBean(JdbcTransactionManager.class));
        nested.setPropagationBehavior(PROPAGATION_NESTED);
        transaction().executeWithoutResult(status -> {
            publish("kept", tomorrow());
            nested.executeWithoutResult(inner -> {
                publish("never", tomorrow());
                inner.setRollbackOnly();
            });
        });
        assertThat(values(WAITING)).containsExactly("kept");
    }

    @Test
    void theDatabaseSaysWhatIsDueNotTheApplication() {
        hosts.add(application().and(WrongClock.class).run());
        transaction().executeWithoutResult(status -> {
            publish("tomorrow", tomorrow());
            publish("past", Instant.EPOCH);
            publish("at no time that a database knows", Instant.MIN);
            publish("never", Instant.MAX);
        });
        assertThat(move()).isZero();
        assertThat(values(MOVED)).containsExactly("past", "at no time that a database knows");
        assertThat(values(WAITING)).containsExactly("tomorrow", "never");
    }

    @Test
    void meansTheSameTimeInAllTimeZones() {
        start("spring.datasource.hikari.connection-init-sql=set time zone 'Pacific/Kiritimati'");
        Instant due = tomorrow();
        transaction().executeWithoutResult(status -> publish("x", due));
        assertThat(sql().queryForObject("select extract(epoch from deliver_at) * 1000 from " + WAITING, Long.class))
                .isEqualTo(due.toEpochMilli());
    }

    /** Without it, a crash could undo the transaction of a message that was sent. */
    @Test
    void isDurableBeforeItCanBeSent() {
        start("spring.datasource.hikari.connection-init-sql=set synchronous_commit = off");
        sql().execute("create table at_commit (setting text)");
        sql().execute("create function at_commit() returns trigger language plpgsql as $$ begin"
                + " insert into at_commit values (current_setting('synchronous_commit')); return null; end $$");
        sql().execute("create constraint trigger at_commit after insert on " + MOVED
                + " deferrable initially deferred for each row execute function at_commit()");
        transaction().executeWithoutResult(status -> {
            publish("past", Instant.EPOCH);
            publish("later", tomorrow());
        });
        allAreDue();
        assertThat(move()).isEqualTo(1);
        assertThat(sql().queryForList("select setting from at_commit", String.class))
                .containsExactly("on", "on");
    }

    @Test
    void isInOneOfTheTablesWhoeverDiesInTheMiddle() throws Exception {
        start();
        sql().execute("create function wait() returns trigger language plpgsql as $$ begin"
                + " perform pg_advisory_xact_lock(1); return new; end $$");
        sql().execute("create trigger wait before insert on " + MOVED + " for each row execute function wait()");
        transaction().executeWithoutResult(status -> publish("x", tomorrow()));
        allAreDue();
        try (Connection holder = host().getBean(DataSource.class).getConnection();
                Statement statement = holder.createStatement()) {
            statement.execute("select pg_advisory_lock(1)");
            CompletableFuture<Integer> moving = CompletableFuture.supplyAsync(this::move, Threads.NEW);
            // it is in the middle when it waits for us
            await().until(() -> sql().queryForList(
                                    "select pg_terminate_backend(pid) from pg_stat_activity"
                                            + " where wait_event = 'advisory' and datname = current_database()",
                                    Boolean.class)
                            .size()
                    == 1);
            assertThatThrownBy(moving::join).hasMessageContaining("terminat");
            statement.execute("select pg_advisory_unlock(1)");
        }
        assertThat(values(MOVED)).isEmpty();
        assertThat(values(WAITING)).containsExactly("x");
        assertThat(move()).isEqualTo(1);
        assertThat(values(MOVED)).containsExactly("x");
        assertThat(values(WAITING)).isEmpty();
    }

    @Test
    void movesInTheOrderInWhichTheyAreDue() {
        start();
        Instant due = tomorrow();
        transaction().executeWithoutResult(status -> {
            publish("third", due.plusSeconds(2));
            publish("first", due);
            publish("second", due.plusSeconds(1));
        });
        sql().update("update " + WAITING + " set deliver_at = deliver_at - interval '2 days'");
        assertThat(move()).isEqualTo(3);
        assertThat(values(MOVED)).containsExactly("first", "second", "third");
    }

    /** Whoever adds lanes waits for an empty outbox, but not for messages of next week. */
    @Test
    void getsTheLaneOfTheDayOnWhichItIsSent() {
        start("reliable-messaging.outbox.lanes=5");
        List<String> keys = IntStream.range(0, 50).mapToObj(i -> "k" + i).toList();
        transaction().executeWithoutResult(status -> keys.forEach(key -> publish(key, tomorrow())));
        host().getBean(MessagingOperations.class).growLanes(32, "olive");
        allAreDue();
        assertThat(move()).isEqualTo(50);
        assertThat(sql().query("select key, lane from " + MOVED, (row, number) -> {
                    assertThat(row.getInt(2)).isEqualTo(Utils.toPositive(Utils.murmur2(row.getBytes(1))) % 32);
                    return row.getInt(2);
                }))
                .hasSize(50);
    }

    private void start(String... properties) {
        hosts.add(application().with(properties).run());
    }

    private HostApplication application() {
        return HostApplication.of(Host.class)
                .on(SharedServers.postgres(), database)
                .with("spring.application.name=delayed-rows", "reliable-messaging.relay.enabled=false");
    }

    private ConfigurableApplicationContext host() {
        return hosts.get(0);
    }

    private TransactionTemplate transaction() {
        return host().getBean(TransactionTemplate.class);
    }

    private JdbcTemplate sql() {
        return host().getBean(JdbcTemplate.class);
    }

    private int move() {
        return host().getBean(DelayedTable.class)
                .move(1000, Duration.ofSeconds(1))
                .messages();
    }

    private void allAreDue() {
        sql().update("update " + WAITING + " set deliver_at = '-infinity'");
    }

    private void publish(String value, Instant due) {
        host().getBean(MessagePublisher.class)
                .publish(OutgoingMessage.to("later")
                        .key(value)
                        .payload(value)
                        .deliverAt(due)
                        .build());
    }

    private static Instant tomorrow() {
        return Instant.now().plus(Duration.ofDays(1)).truncatedTo(java.time.temporal.ChronoUnit.MILLIS);
    }

    private List<String> values(String table) {
        return sql().queryForList("select convert_from(value, 'UTF8') from " + table + " order by id", String.class);
    }
}
