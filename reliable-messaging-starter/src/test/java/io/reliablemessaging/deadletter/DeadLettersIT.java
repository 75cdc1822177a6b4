package io.reliablemessaging.deadletter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatRuntimeException;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetter.State;
import io.reliablemessaging.DeadLetterDetails;
import io.reliablemessaging.DeadLetterDetails.Action;
import io.reliablemessaging.DeadLetterDetails.Failure;
import io.reliablemessaging.DeadLetterNotChangedException;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.MessageEdit;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.dryrun.ListenerHandler;
import io.reliablemessaging.dryrun.MessageTrials;
import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.support.Recorder;
import io.reliablemessaging.support.Threads;
import io.reliablemessaging.test.ReliableMessagingTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** What people do about dead letters, on a real database. */
@SpringBootTest(
        classes = DeadLettersIT.Host.class,
        properties = {
            "spring.application.name=dead-letters-test",
            "reliable-messaging.relay.enabled=false",
            "spring.datasource.hikari.auto-commit=false"
        })
@ReliableMessagingTest
class DeadLettersIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Billing billing() {
            return new Billing();
        }
    }

    /** Takes everything, but never runs: edits are checked by the handler of a listener. */
    static class Billing {
        @ReliableListener(id = "billing", topics = "orders", groupId = "billing", autoStartup = "false")
        void on(byte[] payload) {}
    }

    @Autowired
    DeadLetters letters;

    @Autowired
    MakeDead makeDead;

    @Autowired
    ParkedSignal signal;

    @Autowired
    Schema schema;

    private final DataSource dataSource;
    private final ParkedRows rows;

    @Autowired
    DeadLettersIT(DataSource dataSource, ParkedQueues queues) {
        this.dataSource = dataSource;
        this.rows = new ParkedRows(dataSource, queues);
    }

    @BeforeEach
    void clear() {
        rows.clear();
    }

    @AfterEach
    void removeGate() {
        sql("drop function if exists gate cascade");
    }

    @Test
    void findsByEverythingThatTellsThemApart() {
        long billing = rows.dead("billing", "orders", "42");
        long other = rows.dead("billing", "orders", "43");
        long refund = rows.dead("billing", "refunds", "42");
        long shipping = rows.dead("shipping", "orders", "42");
        long waiting = rows.waiting("billing", "orders", "44");
        long behind = rows.waiting("billing", "orders", "44");
        sql("update reliable_messaging.parked_message set error_class = 'java.net.Outer$Timeout' where id = " + other);
        sql("update reliable_messaging.parked_message set parked_at = '2020-01-01T00:00Z' where id = " + refund);

        assertThat(found(DeadLetterQuery.all())).containsExactly(billing, other, refund, shipping, waiting, behind);
        assertThat(found(DeadLetterQuery.dead())).containsExactly(billing, other, refund, shipping);
        assertThat(found(DeadLetterQuery.waiting())).containsExactly(waiting, behind);
        assertThat(found(DeadLetterQuery.dead().group("billing").topic("orders")))
                .containsExactly(billing, other);
        assertThat(found(DeadLetterQuery.all().key("42"))).containsExactly(billing, refund, shipping);
        assertThat(found(DeadLetterQuery.all().errorClass("java.net.Outer$Timeout")))
                .containsExactly(other);
        assertThat(found(DeadLetterQuery.all().errorClass("Timeout"))).containsExactly(other);
        assertThat(found(DeadLetterQuery.all().errorClass("imeout"))).isEmpty();
        Instant lastYear = Instant.parse("2020-06-01T00:00:00Z");
        assertThat(found(DeadLetterQuery.all().parkedBefore(lastYear))).containsExactly(refund);
        assertThat(found(DeadLetterQuery.dead().parkedAfter(lastYear))).containsExactly(billing, other, shipping);
        assertThat(letters.count(DeadLetterQuery.dead().group("billing").limit(1)))
                .isEqualTo(3);
    }

    @Test
    void pagesById() {
        List<Long> all = IntStream.range(0, 5)
                .mapToObj(i -> rows.dead("billing", "orders", "k" + i))
                .toList();
        DeadLetterQuery pages = DeadLetterQuery.dead().limit(2);
        assertThat(found(pages)).isEqualTo(all.subList(0, 2));
        assertThat(found(pages.after(all.get(1)))).isEqualTo(all.subList(2, 4));
        assertThat(found(pages.after(all.get(3)))).isEqualTo(all.subList(4, 5));
    }

    @Test
    void tellsAllOfOne() {
        MessageId message = MessageId.at(Instant.now());
        long id = rows.dead(
                "billing",
                "orders",
                "42",
                message,
                new RecordHeaders().add("source", "shop".getBytes(UTF_8)),
                "no stock");
        letters.redrive(id, "olive");
        DeadLetterDetails details = letters.get(id).orElseThrow();
        assertThat(details.letter()).satisfies(letter -> {
            assertThat(letter.group()).isEqualTo("billing");
            assertThat(letter.topic()).isEqualTo("orders");
            assertThat(letter.key()).isEqualTo("42");
            assertThat(letter.messageId()).isEqualTo(message);
            assertThat(letter.partition()).isEqualTo(2);
            assertThat(letter.offset()).isEqualTo(17);
            assertThat(letter.errorClass()).isEqualTo("java.lang.IllegalStateException");
            assertThat(letter.errorMessage()).isEqualTo("no stock");
            assertThat(letter.changedAt()).isAfter(letter.parkedAt());
        });
        assertThat(details.payload()).isEqualTo("payload of 42".getBytes(UTF_8));
        assertThat(details.originalPayload()).isNull();
        assertThat(details.headers()).containsExactly(Map.entry("source", "shop"));
        assertThat(details.stackTrace()).contains("no stock");
        assertThat(details.failures()).extracting(Failure::attempt).containsExactly(1, 2, 3, 4, 5);
        assertThat(details.actions())
                .extracting(Action::who, Action::action)
                .containsExactly(tuple("olive", "redrive dead letter"));
        assertThat(letters.get(id + 1)).isEmpty();
    }

    @Test
    void aRedrivenOneWaitsAgainInItsGroupOnly() {
        AtomicInteger woken = new AtomicInteger();
        signal.onWake(woken::incrementAndGet);
        MessageId message = MessageId.at(Instant.now());
        long id = rows.dead("billing", "orders", "42", message, new RecordHeaders(), "no stock");
        long other = rows.dead("shipping", "orders", "42", message, new RecordHeaders(), "no stock");
        letters.redrive(id, "olive");
        assertThat(letter(id)).satisfies(letter -> {
            assertThat(letter.state()).isEqualTo(State.WAITING);
            assertThat(letter.attempts()).isZero();
            assertThat(letter.redriven()).isEqualTo(1);
            assertThat(letter.messageId()).isEqualTo(message);
        });
        assertThat(letter(other).state()).isEqualTo(State.DEAD);
        assertThat(log())
                .containsExactly("olive: redrive dead letter orders billing " + message
                        + " failed 5 times, last with java.lang.IllegalStateException");
        assertThat(woken).hasPositiveValue();
        assertThat(drained()).containsExactly(id);
        assertThat(letters.get(id)).isEmpty();
        assertThat(keys()).isZero();
    }

    @Test
    void theLogTellsWhyOneWasRedrivenAndThenHowItHadFailed() {
        MessageId message = MessageId.at(Instant.now());
        long id = rows.dead("billing", "orders", "42", message, new RecordHeaders(), "no stock");
        letters.redrive(id, "stock is back", "olive");
        assertThat(log())
                .containsExactly("olive: redrive dead letter orders billing " + message
                        + " stock is back; failed 5 times, last with java.lang.IllegalStateException");
        assertThat(letters.get(id).orElseThrow().actions())
                .extracting(Action::reason)
                .containsExactly("stock is back; failed 5 times, last with java.lang.IllegalStateException");
        long second = rows.dead("billing", "orders", "43");
        letters.redrive(second, "r".repeat(100_000), "olive");
        assertThat(log().get(1))
                .as("what a person writes leaves room for the history")
                .endsWith("characters); failed 5 times, last with java.lang.IllegalStateException");
    }

    @Test
    void theLogTellsWhyOneThatWaitsWasTriedNow() {
        long id = rows.waiting("billing", "orders", "42");
        letters.redrive(id, "in a hurry", "olive");
        assertThat(log())
                .singleElement()
                .asString()
                .startsWith("olive: retry parked message now orders billing ")
                .endsWith(" in a hurry");
    }

    @Test
    void theLogTellsWhyOneWasEdited() {
        long id = rows.dead("billing", "orders", "42");
        letters.editAndRedrive(id, MessageEdit.payload("new".getBytes(UTF_8)), "wrong amount", "olive");
        assertThat(letters.get(id).orElseThrow().payload()).isEqualTo("new".getBytes(UTF_8));
        assertThat(letters.get(id).orElseThrow().actions())
                .extracting(Action::action, Action::reason)
                .containsExactly(
                        tuple("edit dead letter", "wrong amount"),
                        tuple(
                                "redrive dead letter",
                                "wrong amount; failed 5 times, last with java.lang.IllegalStateException"));
    }

    @Test
    void aRedrivenOneComesBeforeThoseOfItsKeyThatWait() {
        long first = rows.dead("billing", "orders", "42");
        long waiting = rows.waiting("billing", "orders", "42");
        long second = rows.dead("billing", "orders", "42");
        long behind = rows.waiting("billing", "orders", "42");
        assertThat(drained()).isEmpty(); // the one that waits is not due for an hour
        assertThat(letters.redrive(DeadLetterQuery.dead().key("42"), "olive")).isEqualTo(2);
        assertThat(drained()).containsExactly(first, waiting, second, behind);
    }

    @Test
    void aHeldKeyGoesOnWithTheDeadLetterItWasHeldFor() {
        long older = rows.dead("billing", "orders", "42");
        long holder = rows.dead("billing", "orders", "42");
        rows.hold("billing", "orders", "42");
        long behind = rows.waiting("billing", "orders", "42");
        assertThat(letter(holder).held()).isTrue();

        letters.redrive(older, "olive");
        assertThat(drained()).as("the other one is still held for").isEmpty();
        assertThat(letter(older)).satisfies(letter -> {
            assertThat(letter.held()).isTrue();
            assertThat(letter.nextAttemptAt()).isNull();
        });
        letters.redrive(holder, "olive");
        assertThat(drained()).containsExactly(older, holder, behind);
        assertThat(keys()).isZero();
    }

    @Test
    void aHeldKeyGoesOnWithoutADiscardedOne() {
        long older = rows.dead("billing", "orders", "42");
        long holder = rows.dead("billing", "orders", "42");
        rows.hold("billing", "orders", "42");
        long behind = rows.waiting("billing", "orders", "42");
        letters.discard(older, "refunded by hand", "olive");
        assertThat(drained()).isEmpty();
        letters.discard(holder, "refunded by hand", "olive");
        assertThat(drained()).containsExactly(behind);
        assertThat(keys()).isZero();
    }

    @Test
    void theKeyOfALastDiscardedOneIsFreeForLiveMessages() {
        long holder = rows.dead("billing", "orders", "42");
        rows.hold("billing", "orders", "42");
        letters.discard(holder, "refunded by hand", "olive");
        assertThat(keys()).isZero();
    }

    @Test
    void discardingDoesNotHurryThoseThatWait() {
        long dead = rows.dead("billing", "orders", "42");
        rows.waiting("billing", "orders", "42");
        letters.discard(dead, "refunded by hand", "olive");
        assertThat(drained()).isEmpty();
        assertThat(keys()).isOne();
    }

    @Test
    void aDiscardedOneIsGoneAndTheLogTellsWhy() {
        MessageId message = MessageId.at(Instant.now());
        long id = rows.dead("billing", "orders", "42", message, new RecordHeaders(), "no stock");
        letters.discard(id, "refunded by hand", "olive");
        assertThat(letters.get(id)).isEmpty();
        assertThat(log()).containsExactly("olive: discard dead letter orders billing " + message + " refunded by hand");
        assertThat(count("inbox_message")).as("its group has taken charge").isOne();
    }

    @Test
    void discardsAllThatMatchAndNoneThatWait() {
        IntStream.range(0, 450).forEach(i -> rows.dead("billing", "orders", "k" + i % 7));
        long other = rows.dead("shipping", "orders", "42");
        long waiting = rows.waiting("billing", "orders", "44");
        assertThat(letters.discard(DeadLetterQuery.all().group("billing"), "a test", "olive"))
                .isEqualTo(450);
        assertThat(found(DeadLetterQuery.all())).containsExactly(other, waiting);
        assertThat(keys()).isOne();
        assertThat(log()).hasSize(450);
    }

    @Test
    void anEditedOneKeepsWhatItWasReceivedWith() {
        long id = rows.dead("billing", "orders", "42");
        letters.editAndRedrive(id, "first try".getBytes(UTF_8), "olive");
        rows.drainOne(due -> false);
        letters.editAndRedrive(id, "second try".getBytes(UTF_8), "olive");
        assertThat(letters.get(id)).get().satisfies(details -> {
            assertThat(details.payload()).isEqualTo("second try".getBytes(UTF_8));
            assertThat(details.originalPayload()).isEqualTo("payload of 42".getBytes(UTF_8));
            assertThat(details.letter().edited()).isTrue();
            assertThat(details.letter().redriven()).isEqualTo(2);
            assertThat(details.actions())
                    .extracting(Action::action)
                    .containsExactly(
                            "edit dead letter", "redrive dead letter", "edit dead letter", "redrive dead letter");
        });
        List<String> handled = new ArrayList<>();
        rows.drainOne(due -> handled.add(ParkedRows.payload(due)));
        assertThat(handled).containsExactly("second try");
    }

    @Test
    void anEditOfAMessageThatWasRedrivenSinceItWasCheckedIsRefused() {
        long id = rows.dead("billing", "orders", "42");
        ListenerHandler slow = mock();
        doAnswer(check -> {
                    letters.redrive(id, "another");
                    return rows.drainOne(due -> false);
                })
                .when(slow)
                .check(any(), anyInt());
        DeadLetters there = new DeadLetterOperations(
                new AutoCommitDataSource(dataSource),
                schema,
                makeDead,
                signal,
                new Recorder(),
                new MessageTrials(() -> (group, topic) -> Optional.of(slow)));
        assertRefused(() -> there.editAndRedrive(id, new byte[0], "olive"), "redriven since the edit was checked");
        assertThat(letter(id)).satisfies(letter -> {
            assertThat(letter.state()).isEqualTo(State.DEAD);
            assertThat(letter.edited()).isFalse();
            assertThat(letter.redriven()).isOne();
        });
        assertThat(log()).singleElement().asString().startsWith("another: redrive dead letter ");
    }

    @Test
    void oneThatWaitsIsTriedNowAndItsAttemptsCountOn() {
        long id = rows.waiting("billing", "orders", "42");
        long behind = rows.waiting("billing", "orders", "42");
        letters.redrive(id, "olive");
        assertThat(letter(id)).satisfies(letter -> {
            assertThat(letter.attempts()).isEqualTo(1);
            assertThat(letter.redriven()).isZero();
        });
        assertThat(log()).singleElement().asString().startsWith("olive: retry parked message now orders billing ");
        assertThat(drained()).containsExactly(id, behind);
    }

    @Test
    void redrivesThatAreSpreadOverTimeBecomeDueOneByOne() {
        List<Long> all = IntStream.range(0, 250)
                .mapToObj(i -> rows.dead("billing", "orders", "k" + i))
                .toList();
        assertThat(letters.redrive(DeadLetterQuery.dead(), 4, "olive")).isEqualTo(250);
        Map<Long, Instant> due = new ConcurrentHashMap<>();
        letters.find(DeadLetterQuery.waiting().limit(250))
                .forEach(letter -> due.put(letter.id(), letter.nextAttemptAt()));
        for (int i = 1; i < all.size(); i++) {
            assertThat(Duration.between(due.get(all.get(i - 1)), due.get(all.get(i))))
                    .isEqualTo(Duration.ofMillis(250));
        }
    }

    @Test
    void aLimitTriesTheFirstOnes() {
        List<Long> all = IntStream.range(0, 5)
                .mapToObj(i -> rows.dead("billing", "orders", "k" + i))
                .toList();
        assertThat(letters.redrive(DeadLetterQuery.dead().limit(2), "olive")).isEqualTo(2);
        assertThat(found(DeadLetterQuery.dead())).isEqualTo(all.subList(2, 5));
    }

    /** The connection breaks amid the third of the chunks, as it does if the process is killed. */
    @Test
    void whatWasRedrivenWhenTheProcessDiedIsRedrivenAndTheRestIsDead() {
        int messages = 1000;
        IntStream.range(0, messages).forEach(i -> rows.dead("billing", "orders", "k" + i % 100));
        gate("update", "parked_key", """
                if (select count(*) from reliable_messaging.parked_message where state = 'WAITING') = 600 then
                    perform pg_terminate_backend(pg_backend_pid());
                end if;
                """);
        assertThatRuntimeException().isThrownBy(() -> letters.redrive(DeadLetterQuery.dead(), "olive"));
        removeGate();
        assertThat(letters.count(DeadLetterQuery.waiting())).isEqualTo(400);
        assertThat(log()).hasSize(400);

        assertThat(letters.redrive(DeadLetterQuery.dead(), "olive")).isEqualTo(messages - 400);
        assertThat(log()).hasSize(messages).doesNotHaveDuplicates();
        List<Long> handled = new ArrayList<>();
        Map<String, Long> last = new ConcurrentHashMap<>();
        while (rows.drainOne(due -> {
            assertThat(last.merge(ParkedRows.key(due), due.id(), (before, now) -> now > before ? now : -1))
                    .isEqualTo(due.id());
            return handled.add(due.id());
        })) {}
        assertThat(handled).hasSize(messages).doesNotHaveDuplicates();
        assertThat(keys()).isZero();
    }

    @Test
    void whileAMessageOfItsKeyIsHandledADeadLetterIsLeftAlone() {
        long dead = rows.dead("billing", "orders", "42");
        long waiting = rows.waiting("billing", "orders", "42");
        rows.whileHandled("billing", "orders", "42", () -> {
            for (Runnable command : List.<Runnable>of(
                    () -> letters.redrive(dead, "olive"),
                    () -> letters.editAndRedrive(dead, new byte[0], "olive"),
                    () -> letters.discard(dead, "a test", "olive"),
                    () -> letters.redrive(waiting, "olive"))) {
                assertThatExceptionOfType(DeadLetterNotChangedException.class)
                        .isThrownBy(command::run)
                        .withMessageContaining("being handled right now");
            }
        });
        assertThat(letter(dead).state()).isEqualTo(State.DEAD);
        assertThat(log()).isEmpty();
        letters.redrive(dead, "olive");
        assertThat(drained()).containsExactly(dead, waiting);
    }

    @Test
    void aKeyThatIsBeingHandledHoldsNoOtherBack() {
        long slow = rows.dead("billing", "orders", "slow");
        rows.waiting("billing", "orders", "slow");
        List<Long> others = IntStream.range(0, 250)
                .mapToObj(i -> rows.dead("billing", "orders", "k" + i))
                .toList();
        rows.whileHandled(
                "billing",
                "orders",
                "slow",
                () -> assertThatExceptionOfType(DeadLetterNotChangedException.class)
                        .isThrownBy(() -> letters.redrive(DeadLetterQuery.dead(), "olive"))
                        .withMessageContaining("1 dead letters were not changed")
                        .withMessageContaining("250 others are done"));
        assertThat(found(DeadLetterQuery.dead())).containsExactly(slow);
        assertThat(drained()).containsExactlyElementsOf(others);
        assertThat(letters.redrive(DeadLetterQuery.dead(), "olive")).isOne();
    }

    /** The key is in use when its first message's turn comes, and free when its second one's does. */
    @Test
    void allMessagesOfAKeyInUseAreLeftForTheEnd() {
        long first = rows.dead("billing", "orders", "slow");
        rows.waiting("billing", "orders", "slow");
        IntStream.range(0, 250).forEach(i -> rows.dead("billing", "orders", "k" + i));
        rows.dead("billing", "orders", "gate");
        long second = rows.dead("billing", "orders", "slow");
        gate("insert", "parked_key", """
                if new.queue = md5('gate'::bytea)::uuid then
                    perform pg_advisory_xact_lock(78);
                end if;
                """);
        CompletableFuture<Integer> redrive = new CompletableFuture<>();
        rows.whileGateIsClosed(78, () -> {
            rows.whileHandled("billing", "orders", "slow", () -> {
                redrive.completeAsync(() -> letters.redrive(DeadLetterQuery.dead(), "olive"), Threads.NEW);
                await().until(() -> letters.count(DeadLetterQuery.waiting()) >= 200);
            });
        });
        assertThat(redrive.join()).isEqualTo(253);
        assertThat(letter(first).changedAt()).isBefore(letter(second).changedAt());
    }

    /** The key goes with its last message, just when a dead letter of it is redriven. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aRedrivenOneIsNotForgottenWithTheLastOfThoseThatWaited(boolean single) {
        long dead = rows.dead("billing", "orders", "42");
        long last = rows.waiting("billing", "orders", "42");
        List<CompletableFuture<?>> command = new ArrayList<>();
        rows.whileHandled("billing", "orders", "42", queue -> {
            command.add(CompletableFuture.runAsync(
                    () -> {
                        if (single) {
                            letters.redrive(dead, "olive");
                        } else {
                            letters.redrive(DeadLetterQuery.dead(), "olive");
                        }
                    },
                    Threads.NEW));
            await().until(() -> command.get(0).isDone()
                    || rows.sql
                                    .sql("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                                            + " and datname = current_database()")
                                    .query(Integer.class)
                                    .single()
                            == 1);
            rows.inTransaction
                    .sql("delete from reliable_messaging.parked_message where id = ?")
                    .param(last)
                    .update();
            rows.inTransaction
                    .sql("delete from reliable_messaging.parked_key where queue = ?")
                    .param(queue.value())
                    .update();
        });
        // on a slow machine it may have been tired of waiting
        assertThat(catchThrowable(command.get(0)::join))
                .satisfiesAnyOf(
                        thrown -> assertThat(thrown).isNull(),
                        thrown -> assertThat(thrown)
                                .hasCauseInstanceOf(DeadLetterNotChangedException.class)
                                .hasRootCauseInstanceOf(SQLException.class));
        boolean redriven = found(DeadLetterQuery.dead()).isEmpty();
        assertThat(drained()).isEqualTo(redriven ? List.of(dead) : List.of());
        assertThat(keys()).isZero();
    }

    @Test
    void waitsForLocksAndSeesWhatCameOfThemWhateverTheHostsIsolation() {
        rows.dead("billing", "orders", "42");
        gate("update", "parked_message", """
                if current_setting('transaction_isolation') <> 'read committed' then
                    raise exception 'the snapshot is older than the lock';
                end if;
                """);
        DataSource strict = new DelegatingDataSource(dataSource) {
            @Override
            public Connection getConnection() throws SQLException {
                Connection connection = super.getConnection();
                connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
                return connection;
            }
        };
        DeadLetters there = new DeadLetterOperations(
                new AutoCommitDataSource(strict),
                schema,
                makeDead,
                signal,
                new Recorder(),
                new MessageTrials(() -> null));
        assertThat(there.redrive(DeadLetterQuery.dead(), "olive")).isOne();
    }

    @Test
    void aKeyThatAConsumerHasClaimedIsHisUntilHeHasAnswered() {
        long waiting = rows.waiting("billing", "orders", "42");
        letters.redrive(waiting, "olive");
        KeyClaim claim = rows.claim();
        long dead = rows.dead("billing", "orders", "42");
        letters.redrive(dead, "olive");
        assertThatExceptionOfType(DeadLetterNotChangedException.class)
                .isThrownBy(() -> letters.redrive(waiting, "olive"))
                .withMessageContaining("being handled right now");
        assertThat(drained()).as("nobody else has it").isEmpty();
        rows.drain(claim, handled -> true);
        assertThat(drained()).containsExactly(dead);
    }

    @Test
    void drainsAndRedrivesTogetherLoseNothingAndKeepTheOrderOfEachKey() {
        int messages = 600;
        IntStream.range(0, messages).forEach(i -> rows.dead("billing", "orders", "k" + i % 20));
        Map<String, List<Long>> handled = new ConcurrentHashMap<>();
        Map<Long, Boolean> failedBefore = new ConcurrentHashMap<>();
        List<CompletableFuture<Void>> threads = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            threads.add(CompletableFuture.runAsync(
                    () -> {
                        while (letters.count(DeadLetterQuery.all()) > 0) {
                            try {
                                letters.redrive(DeadLetterQuery.dead().limit(50), "olive");
                            } catch (DeadLetterNotChangedException inUse) {
                                // the next time
                            }
                        }
                    },
                    Threads.NEW));
            threads.add(CompletableFuture.runAsync(
                    () -> {
                        while (letters.count(DeadLetterQuery.all()) > 0) {
                            rows.drainOne(due -> {
                                // every tenth dies once more
                                if (due.id() % 10 == 0 && failedBefore.put(due.id(), true) == null) {
                                    return false;
                                }
                                handled.computeIfAbsent(ParkedRows.key(due), key -> new CopyOnWriteArrayList<>())
                                        .add(due.id());
                                return true;
                            });
                        }
                    },
                    Threads.NEW));
        }
        threads.forEach(CompletableFuture::join);
        assertThat(handled.values().stream().flatMap(List::stream))
                .hasSize(messages)
                .doesNotHaveDuplicates();
        handled.forEach((key, ids) -> assertThat(ids.stream().filter(id -> !failedBefore.containsKey(id)))
                .as("those that did not die again, of %s", key)
                .isSorted());
        assertThat(keys()).isZero();
    }

    @Test
    void refusesWhatMakesNoSense() {
        long dead = rows.dead("billing", "orders", "42");
        long waiting = rows.waiting("billing", "orders", "43");
        rows.dead("billing", "orders", "44");
        rows.hold("billing", "orders", "44");
        long behind = rows.waiting("billing", "orders", "44");
        assertRefused(() -> letters.redrive(waiting + 1000, "olive"), "there is none with this number");
        assertRefused(() -> letters.discard(waiting, "a test", "olive"), "it is not a dead letter yet");
        assertRefused(() -> letters.editAndRedrive(waiting, new byte[0], "olive"), "it is not a dead letter yet");
        assertRefused(() -> letters.redrive(behind, "olive"), "behind a dead letter that holds its key");
        assertThatIllegalArgumentException().isThrownBy(() -> letters.redrive(dead, " "));
        assertThatIllegalArgumentException().isThrownBy(() -> letters.discard(dead, "", "olive"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> letters.redrive(dead, " ", "olive"))
                .withMessageContaining("'reason' is empty");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> letters.editAndRedrive(dead, MessageEdit.payload(new byte[0]), "", "olive"))
                .withMessageContaining("'reason' is empty");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> letters.redrive(dead, "fixed", " "))
                .withMessageContaining("'who' is empty");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> letters.redrive(DeadLetterQuery.dead(), 0, "olive"))
                .withMessageContaining("at least 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> letters.discard(DeadLetterQuery.waiting(), "a test", "olive"))
                .withMessageContaining("still wait");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DeadLetterQuery.dead().limit(0));
        assertThatNullPointerException()
                .isThrownBy(() -> letters.editAndRedrive(dead, null, "olive"))
                .withMessageContaining("discard");
        assertThat(log()).isEmpty();
    }

    private static void assertRefused(Runnable command, String why) {
        assertThatExceptionOfType(DeadLetterNotChangedException.class)
                .isThrownBy(command::run)
                .withMessageContaining(why);
    }

    private List<Long> found(DeadLetterQuery query) {
        return letters.find(query).stream().map(DeadLetter::id).toList();
    }

    private DeadLetter letter(long id) {
        return letters.get(id).orElseThrow().letter();
    }

    /** Ids in the order in which a drain handles all that are due. */
    private List<Long> drained() {
        List<Long> handled = new ArrayList<>();
        while (rows.drainOne(due -> handled.add(due.id()))) {}
        return handled;
    }

    private List<String> log() {
        return rows.sql
                .sql("select concat_ws(' ', who || ':', action, target, reason)"
                        + " from reliable_messaging.operation_log order by id")
                .query(String.class)
                .list();
    }

    private long keys() {
        return count("parked_key");
    }

    private long count(String table) {
        return rows.sql
                .sql("select count(*) from reliable_messaging." + table)
                .query(Long.class)
                .single();
    }

    /** Runs this before each row that is inserted or updated. */
    private void gate(String event, String table, String body) {
        Stream.of(
                        "create function gate() returns trigger language plpgsql as $$ begin %s return new; end $$"
                                .formatted(body),
                        "create trigger gate before %s on reliable_messaging.%s for each row execute function gate()"
                                .formatted(event, table))
                .forEach(this::sql);
    }

    private void sql(String statement) {
        rows.sql.sql(statement).update();
    }
}
