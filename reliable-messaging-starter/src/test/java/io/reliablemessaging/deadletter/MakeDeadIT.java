package io.reliablemessaging.deadletter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetter.State;
import io.reliablemessaging.DeadLetterDetails.Action;
import io.reliablemessaging.DeadLetterDetails.Failure;
import io.reliablemessaging.DeadLetterNotChangedException;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.retry.SpentAttempts;
import io.reliablemessaging.support.Threads;
import io.reliablemessaging.test.ReliableMessagingTest;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** Messages that wait become dead letters at a person's word, on a real database. */
@SpringBootTest(
        classes = MakeDeadIT.Host.class,
        properties = {
            "spring.application.name=make-dead-test",
            "reliable-messaging.relay.enabled=false",
            "spring.datasource.hikari.auto-commit=false"
        })
@ReliableMessagingTest
class MakeDeadIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    @Autowired
    DeadLetters letters;

    private final CountDownLatch released = new CountDownLatch(1);
    private final DataSource dataSource;
    private final ParkedQueues queues;
    private final ParkedRows rows;

    @Autowired
    MakeDeadIT(DataSource dataSource, ParkedQueues queues) {
        this.dataSource = dataSource;
        this.queues = queues;
        this.rows = new ParkedRows(dataSource, queues);
    }

    @AfterEach
    void release() {
        released.countDown(); // a handler that is held holds locks
    }

    @BeforeEach
    void clear() {
        rows.clear();
        sql("truncate reliable_messaging.outbox_message");
        sql("create table if not exists work (value text)");
        sql("truncate work");
    }

    @Test
    void theFirstOfAKeyIsDeadOnceAndTheNextGoesOn() {
        long first = rows.waiting("billing", "orders", "42");
        long second = rows.waiting("billing", "orders", "42");
        letters.makeDead(first, "the supplier is gone", "olive");
        letters.makeDead(first, "again", "olive");

        DeadLetter dead = letters.get(first).orElseThrow().letter();
        assertThat(dead.state()).isEqualTo(State.DEAD);
        assertThat(dead.attempts()).isEqualTo(1);
        assertThat(dead.errorMessage()).isEqualTo("Made a dead letter by olive: the supplier is gone");
        assertThat(letters.get(first).orElseThrow().stackTrace()).contains("IllegalStateException: not yet");
        assertThat(letters.get(first).orElseThrow().failures())
                .extracting(Failure::errorMessage)
                .containsExactly("Made a dead letter by olive: the supplier is gone");
        assertThat(letters.get(first).orElseThrow().actions())
                .extracting(Action::who, Action::action, Action::reason)
                .containsExactly(
                        org.assertj.core.api.Assertions.tuple("olive", "make dead letter", "the supplier is gone"));
        assertThat(records()).containsExactly("orders.billing.dlt");
        KeyClaim next = rows.claim(); // due now
        assertThat(next.id()).isEqualTo(second);
        rows.drain(next, message -> true);
        assertThat(keys()).isZero();
    }

    @Test
    void nothingIsLeftOfARemovedListener() {
        for (int i = 0; i < 3; i++) {
            rows.waiting("billing", "orders", "a");
            rows.waiting("billing", "orders", "b");
        }
        long other = rows.waiting("shipping", "orders", "a");
        sql("delete from reliable_messaging.parked_key where queue = md5('b'::bytea)::uuid"); // as by hand
        sql("update reliable_messaging.parked_message set in_place = true where id = (select max(id) - 1 from"
                + " reliable_messaging.parked_message)");
        DeadLetterQuery gone = DeadLetterQuery.all().group("billing").topic("orders");
        assertThat(letters.makeDead(gone.limit(1), "removed", "olive")).isEqualTo(1);
        assertThat(letters.makeDead(gone, "removed", "olive")).isEqualTo(5);
        assertThat(letters.makeDead(gone, "removed", "olive")).isZero();
        assertThat(records()).hasSize(6);
        assertThat(letters.discard(gone, "removed", "olive")).isEqualTo(6);
        assertThat(letters.find(DeadLetterQuery.all()))
                .extracting(DeadLetter::id)
                .containsExactly(other);
        assertThat(keys()).isEqualTo(1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> letters.makeDead(DeadLetterQuery.dead(), "removed", "olive"));
        assertThatIllegalArgumentException().isThrownBy(() -> letters.makeDead(other, " ", "olive"));
    }

    @Test
    void aHandlerThatNeverReturnsCommitsNothingAfterwards() throws Exception {
        long hung = rows.waiting("billing", "orders", "42");
        long behind = rows.waiting("billing", "orders", "42");
        long elsewhere = rows.waiting("billing", "orders", "43");
        makeDue("42");
        KeyClaim claim = rows.claim();
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<Void> handler = CompletableFuture.runAsync(
                () -> rows.drain(claim, message -> {
                    rows.inTransaction.sql("insert into work values ('done')").update();
                    begun.countDown();
                    await(released);
                    return true;
                }),
                Threads.NEW);
        begun.await();

        // all that match, but none that is in use
        assertThatExceptionOfType(DeadLetterNotChangedException.class)
                .isThrownBy(() -> letters.makeDead(DeadLetterQuery.all(), "hangs", "olive"))
                .withMessageStartingWith("1 messages were not changed, because handlers have them right now; 2 others");
        assertThat(state(behind)).isEqualTo(State.DEAD);
        assertThat(state(elsewhere)).isEqualTo(State.DEAD);
        assertThat(state(hung)).isEqualTo(State.WAITING);

        letters.makeDead(hung, "hangs", "olive");
        assertThat(state(hung)).isEqualTo(State.DEAD);
        released.countDown();
        assertThat(catchThrowable(handler::join)).isNotNull();
        assertThat(sqlCount("select count(*) from work")).isZero();
        // whoever had it answers in vain, be it with a failure
        rows.drain(claim, message -> false);
        assertThat(state(hung)).isEqualTo(State.DEAD);
        assertThat(records()).hasSize(3);
        assertThat(keys()).isZero();
    }

    /** Somebody alters a table, say. */
    @Test
    void nobodysSessionIsEndedButThatOfAHandler() throws Exception {
        long id = rows.waiting("billing", "orders", "42");
        try (Connection other = dataSource.getConnection()) {
            JdbcTemplate theirs = new JdbcTemplate(new SingleConnectionDataSource(other, true));
            other.setAutoCommit(false);
            theirs.execute("lock table reliable_messaging.parked_message in access exclusive mode");
            CompletableFuture<Void> command =
                    CompletableFuture.runAsync(() -> letters.makeDead(id, "hangs", "olive"), Threads.NEW);
            // for longer than a handler is given; the metrics may read the same table, and wait beside it
            Awaitility.await()
                    .until(() -> sqlCount("select count(*) from pg_stat_activity where datname = current_database()"
                                    + " and wait_event_type = 'Lock' and query like '%unanswered from reliable_messaging.parked_message m where id%'"
                                    + " and clock_timestamp() - query_start > interval '4 s'")
                            == 1);
            assertThat(theirs.queryForObject("select 1", Integer.class)).isOne();
            other.rollback();
            command.join();
        }
        assertThat(state(id)).isEqualTo(State.DEAD);
    }

    @Test
    void oneThatIsHandledInTimeIsNoDeadLetter() throws Exception {
        long id = rows.waiting("billing", "orders", "42");
        makeDue("42");
        KeyClaim claim = rows.claim();
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<Void> handler = CompletableFuture.runAsync(
                () -> rows.drain(claim, message -> {
                    begun.countDown();
                    await(released);
                    return true;
                }),
                Threads.NEW);
        begun.await();
        CompletableFuture<Throwable> command = CompletableFuture.supplyAsync(
                () -> catchThrowable(() -> letters.makeDead(id, "slow", "olive")), Threads.NEW);
        org.awaitility.Awaitility.await()
                .until(() -> sqlCount(
                                "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()")
                        > 0);
        released.countDown();
        handler.join();
        assertThat(command.join())
                .isInstanceOf(DeadLetterNotChangedException.class)
                .hasMessageContaining("It may have been handled");
        assertThat(records()).isEmpty();
        assertThat(letters.count(DeadLetterQuery.all())).isZero();
    }

    /** It became the first after the command had looked: only its row stands between them. */
    @Test
    void aFailureOfOneThatIsDeadMeanwhileChangesNothing() {
        long id = rows.waiting("billing", "orders", "42");
        rows.waiting("billing", "orders", "42"); // which keeps the key, and with it the number of the claim
        makeDue("42");
        KeyClaim claim = rows.claim();
        sql("update reliable_messaging.parked_message set state = 'DEAD' where id = " + id);
        rows.drain(claim, message -> true);
        assertThat(state(id)).isEqualTo(State.DEAD);
        assertThat(retried(claim)).isFalse();
        assertThat(state(id)).isEqualTo(State.DEAD);
    }

    private boolean retried(KeyClaim claim) {
        return rows.inOne(() -> queues.retry(
                claim,
                SpentAttempts.of(2),
                io.reliablemessaging.text.FailureText.of(new IllegalStateException("late")),
                Duration.ZERO));
    }

    private State state(long id) {
        return letters.get(id).orElseThrow().letter().state();
    }

    private void makeDue(String key) {
        sql("update reliable_messaging.parked_key set next_attempt_at = clock_timestamp() where queue = md5('" + key
                + "'::bytea)::uuid");
    }

    private List<String> records() {
        return rows.sql
                .sql("select topic from reliable_messaging.outbox_message order by id")
                .query(String.class)
                .list();
    }

    private int keys() {
        return sqlCount("select count(*) from reliable_messaging.parked_key");
    }

    private int sqlCount(String statement) {
        return rows.sql.sql(statement).query(Integer.class).single();
    }

    private void sql(String statement) {
        rows.sql.sql(statement).update();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
