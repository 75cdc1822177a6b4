package io.reliablemessaging.deadletter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.reliablemessaging.DeadLetter.State;
import io.reliablemessaging.DeadLetterDetails;
import io.reliablemessaging.DeadLetterNotChangedException;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.deadletter.ParkedQueues.Due;
import io.reliablemessaging.deadletter.ParkedQueues.Wanted;
import io.reliablemessaging.failures.FailureGroups;
import io.reliablemessaging.retry.SpentAttempts;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.test.ReliableMessagingTest;
import io.reliablemessaging.text.FailureText;
import io.reliablemessaging.wire.ReceivedMessage;
import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** What the tables of parked messages promise to whoever works on them, on a real database. */
@SpringBootTest(
        classes = ParkedQueuesIT.Host.class,
        properties = {
            "spring.application.name=parked-queues-test",
            "reliable-messaging.relay.enabled=false",
            "spring.datasource.hikari.auto-commit=false"
        })
@ReliableMessagingTest
class ParkedQueuesIT {

    private static final String GROUP = "billing";
    private static final String TOPIC = "orders";
    private final Exception broken = new IllegalStateException("no stock");

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    @Autowired
    DeadLetters letters;

    private final ParkedMessages parked;
    private final ParkedQueues queues;
    // of another instance
    private final ParkedQueues elsewhere;
    private final ParkedRows rows;
    private final TransactionTemplate committed;
    private final TransactionTemplate repeatable;

    @Autowired
    ParkedQueuesIT(
            DataSource dataSource, Schema schema, ParkedMessages parked, ParkedQueues queues, FailureGroups groups) {
        this.parked = parked;
        this.queues = queues;
        this.elsewhere = new ParkedQueues(dataSource, schema, InstantSource.system(), groups);
        this.rows = new ParkedRows(dataSource, queues);
        this.committed = transactions(dataSource, TransactionDefinition.ISOLATION_READ_COMMITTED);
        this.repeatable = transactions(dataSource, TransactionDefinition.ISOLATION_REPEATABLE_READ);
    }

    private static TransactionTemplate transactions(DataSource dataSource, int isolation) {
        TransactionTemplate transactions = new TransactionTemplate(new JdbcTransactionManager(dataSource));
        transactions.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
        transactions.setIsolationLevel(isolation);
        return transactions;
    }

    @BeforeEach
    void clear() {
        rows.clear();
        rows.sql.sql("truncate reliable_messaging.parked_mark").update();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aMessageAppendedWhileAnotherIsHandledIsNotForgottenWhateverTheIsolation(boolean snapshot) {
        park(message("k", 1), Duration.ZERO);
        KeyClaim claim = claimOne();
        boolean more = inside(snapshot ? repeatable : committed, () -> {
            assertThat(queues.begin(claim)).isTrue();
            inside(committed, () -> {
                ReceivedMessage second = message("k", 2);
                assertThat(parked.lockIfParked(second)).isTrue();
                charge(second);
                parked.append(second);
                return null;
            });
            return queues.advance(claim);
        });
        assertThat(more).isNotEqualTo(snapshot);
        assertThat(queues.closeIfEmpty(claim)).isFalse();
        assertThat(claimOne().message().offset()).isEqualTo(2);
    }

    @Test
    void aKeyInWhichNothingWaitsIsClosedAfterTheCommit() {
        park(message("k", 1), Duration.ZERO);
        KeyClaim claim = claimOne();
        handle(claim);
        assertThat(keys()).as("not by the handler's transaction").isOne();
        assertThat(queues.closeIfEmpty(claim)).isTrue();
        assertThat(keys()).isZero();
    }

    @Test
    @Timeout(60) // or else it would wait for itself
    void whileSomebodyAppendsAKeyIsNotClosedAndNobodyWaits() {
        park(message("k", 1), Duration.ZERO);
        KeyClaim claim = claimOne();
        handle(claim);
        inside(committed, () -> {
            ReceivedMessage second = message("k", 2);
            assertThat(parked.lockIfParked(second)).isTrue();
            assertThat(queues.closeIfEmpty(claim)).isFalse();
            assertThat(queues.claimDue(wanted(1)).claims()).isEmpty();
            charge(second);
            parked.append(second);
            return null;
        });
        assertThat(claimAfterItsEnd().message().offset()).isEqualTo(2);
    }

    @Test
    void aKeyThatDiedWithItsConsumerBeforeItWasClosedIsClosedWhenItIsClaimed() {
        park(message("k", 1), Duration.ZERO);
        handle(claimOne());
        park(message("other", 2), Duration.ZERO);
        assertThat(keys()).isEqualTo(2);
        assertThat(claimOne().message().offset()).isEqualTo(2);
        assertThat(keys()).isOne();
    }

    @Test
    void aKeyThatAnotherHasClaimedSinceIsHis() {
        park(message("k", 1), Duration.ZERO);
        KeyClaim first = claimOne();
        KeyClaim second = claimAfterItsEnd();
        rows.sql.sql("delete from reliable_messaging.parked_message").update();
        assertThat(queues.closeIfEmpty(first)).isFalse();
        assertThat(queues.closeIfEmpty(second)).isTrue();
    }

    @Test
    void aDeadLettersKeyIsClosedUnlessItIsHeld() {
        park(message("a", 1), Duration.ZERO);
        KeyClaim released = claimOne();
        inside(committed, () -> queues.makeDead(released, 5, FailureText.of(broken), false));
        assertThat(queues.closeIfEmpty(released)).isTrue();
        park(message("b", 2), Duration.ZERO);
        KeyClaim held = claimOne();
        inside(committed, () -> queues.makeDead(held, 5, FailureText.of(broken), true));
        assertThat(queues.closeIfEmpty(held)).isFalse();
        assertThat(keys()).isOne();
    }

    @Test
    void orphansAreFoundAndCounted() {
        park(message("a", 1), Duration.ZERO);
        park(message("b", 2), Duration.ZERO);
        append(message("b", 3));
        append(message("a", 4));
        inside(committed, () -> {
            parked.storeInPlace(message("c", 5), SpentAttempts.of(1), FailureText.of(broken));
            return null;
        });
        forgetKey("b");
        assertThat(queues.adoptOrphans(GROUP, List.of("refunds"))).isZero();
        assertThat(queues.adoptOrphans("shipping", List.of(TOPIC))).isZero();
        assertThat(queues.adopted().last()).isNull();
        assertThat(queues.adoptOrphans(GROUP, List.of(TOPIC, "refunds"))).isEqualTo(2);
        assertThat(queues.adoptOrphans(GROUP, List.of(TOPIC))).isZero();
        assertThat(queues.adopted().messages()).isEqualTo(2);
        assertThat(queues.adopted().last()).isNotNull();
        assertThat(queues.claimDue(wanted(10)).claims())
                .extracting(claim -> claim.message().offset())
                .containsExactlyInAnyOrder(1L, 2L);
    }

    @Test
    void aPersonMayRedriveAnOrphan() {
        park(message("k", 1), Duration.ofHours(1));
        forgetKey("k");
        long id = letters.find(DeadLetterQuery.waiting()).get(0).id();
        letters.redrive(id, "olive");
        assertThat(claimOne().id()).isEqualTo(id);
    }

    @Test
    void aMessageThatIsRetriedInPlaceIsNobodysButItsConsumers() {
        ReceivedMessage message = message("k", 1);
        inside(committed, () -> {
            parked.storeInPlace(message, SpentAttempts.of(1), FailureText.of(broken));
            return null;
        });
        assertThat(queues.adoptOrphans(GROUP, List.of(TOPIC))).isZero();
        long id = letters.find(DeadLetterQuery.waiting()).get(0).id();
        assertThatExceptionOfType(DeadLetterNotChangedException.class)
                .isThrownBy(() -> letters.redrive(id, "olive"))
                .withMessageContaining("at the head of its partition");
        // as an earlier release writes it during a rolling update
        rows.sql
                .sql("update reliable_messaging.parked_message set in_place = false")
                .update();
        assertThat(queues.adoptOrphans(GROUP, List.of(TOPIC))).isZero();
        assertThat(keys()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"park", "append", "makeDead"})
    void aMessageThatFailedInPlaceIsTakenOverWithItsAttemptsByAnotherOrdering(String how) {
        ReceivedMessage message = message("k", 1);
        inside(committed, () -> {
            parked.storeInPlace(message, SpentAttempts.of(3), FailureText.of(broken));
            return null;
        });
        if (how.equals("append")) {
            park(message("k", 0), Duration.ZERO);
        }
        inside(committed, () -> {
            charge(message);
            switch (how) {
                case "park" ->
                    parked.park(
                            message,
                            SpentAttempts.of(1),
                            FailureText.of(new IllegalStateException("still")),
                            Duration.ZERO);
                case "append" -> parked.append(message);
                default -> parked.makeDead(message, 1, FailureText.of(new IllegalStateException("still")), false);
            }
            return null;
        });
        assertThat(letters.find(DeadLetterQuery.all()))
                .filteredOn(letter -> letter.offset() == 1)
                .singleElement()
                .satisfies(letter -> {
                    assertThat(letter.attempts()).isEqualTo(3);
                    assertThat(letter.errorMessage()).isEqualTo(how.equals("append") ? "no stock" : "still");
                    assertThat(letter.state()).isEqualTo(how.equals("makeDead") ? State.DEAD : State.WAITING);
                });
        if (!how.equals("makeDead")) {
            assertThat(claimOne().message().message().key()).isEqualTo(bytes("k"));
        }
        assertThat(count("parked_message where in_place")).isZero();
    }

    @Test
    void whatSucceededWithAnotherOrderingIsForgotten() {
        ReceivedMessage message = message("k", 1);
        inside(committed, () -> {
            parked.storeInPlace(message, SpentAttempts.of(3), FailureText.of(broken));
            return null;
        });
        park(message("k", 0), Duration.ZERO);
        assertThat(claimOne().message().offset())
                .as("that in place is not handed out")
                .isZero();
        charge(message);
        assertThat(queues.adoptOrphans(GROUP, List.of(TOPIC))).isZero();
        assertThat(letters.find(DeadLetterQuery.all()))
                .singleElement()
                .satisfies(letter -> assertThat(letter.offset()).isZero());
    }

    @Test
    void onlyAConsumerThatDiedInTheHandlerCounts() {
        park(message("k", 1), Duration.ZERO);
        for (int lost = 0; lost < 5; lost++) {
            assertThat(claimAfterItsEnd().unanswered()).isZero();
        }
        KeyClaim first = claimAfterItsEnd();
        assertThat(queues.mark(first)).isTrue();
        endClaims();
        KeyClaim second = elsewhere.claim(GROUP, List.of(TOPIC), 1).get(0);
        assertThat(second.unanswered()).isOne();
        assertThat(queues.mark(first)).as("his claim is over").isFalse();
        endClaims();
        assertThat(claimOne().unanswered()).as("was not marked").isOne();
        KeyClaim fourth = claimAfterItsEnd();
        queues.mark(fourth);
        endClaims();
        KeyClaim fifth = elsewhere.claim(GROUP, List.of(TOPIC), 1).get(0);
        assertThat(fifth.unanswered()).isEqualTo(2);
    }

    @Test
    void aConsumerThatClaimsItsOwnMarkHasNotDied() {
        park(message("k", 1), Duration.ZERO);
        for (int i = 0; i < 3; i++) {
            KeyClaim claim = claimAfterItsEnd();
            assertThat(claim.unanswered()).isZero();
            queues.mark(claim);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"advance", "retry", "makeDead", "giveBack"})
    void everyAnswerClearsTheMark(String how) {
        park(message("k", 1), Duration.ZERO);
        append(message("k", 2));
        KeyClaim claim = claimOne();
        queues.mark(claim);
        inside(committed, () -> {
            switch (how) {
                case "advance" -> {
                    queues.begin(claim);
                    queues.advance(claim);
                }
                case "retry" -> queues.retry(claim, SpentAttempts.of(1), FailureText.of(broken), Duration.ZERO);
                case "makeDead" -> queues.makeDead(claim, 1, FailureText.of(broken), false);
                default -> queues.giveBack(claim, Duration.ZERO);
            }
            return null;
        });
        assertThat(count("parked_mark")).isZero();
        assertThat(elsewhere.claim(GROUP, List.of(TOPIC), 1))
                .singleElement()
                .satisfies(next -> assertThat(next.unanswered()).isZero());
    }

    @Test
    void whoStopsWhileHisHandlerRunsWaitsForNobodyAndIsNotDead() {
        park(message("k", 1), Duration.ZERO);
        KeyClaim claim = claimOne();
        queues.mark(claim);
        committed.executeWithoutResult(status -> {
            queues.begin(claim);
            queues.giveBack(claim, Duration.ZERO);
            status.setRollbackOnly(); // the process ends
        });
        endClaims();
        assertThat(elsewhere.claim(GROUP, List.of(TOPIC), 1).get(0).unanswered())
                .isZero();
    }

    @Test
    void aClaimIsGivenBackForALaterTimeAndOnlyByWhoHasIt() {
        park(message("k", 1), Duration.ZERO);
        KeyClaim first = claimOne();
        KeyClaim second = claimAfterItsEnd();
        queues.giveBack(first, Duration.ZERO);
        assertThat(queues.claimDue(wanted(1)).claims()).isEmpty();
        queues.giveBack(second, Duration.ofHours(1));
        Due due = queues.claimDue(wanted(1));
        assertThat(due.claims()).isEmpty();
        assertThat(due.next()).isBetween(Duration.ofMinutes(59), Duration.ofHours(1));
    }

    @Test
    void aRowThatCannotBeReadIsItsOwnKeysProblem() {
        park(message("bad", 1), Duration.ZERO);
        park(message("good", 2), Duration.ZERO);
        rows.sql
                .sql("update reliable_messaging.parked_message set headers = '\\x0004'::bytea where source_offset = 1")
                .update();
        List<KeyClaim> claims = queues.claimDue(wanted(10)).claims();
        assertThat(claims).hasSize(2);
        for (KeyClaim claim : claims) {
            if (claim.readableMessage().offset() == 2) {
                assertThat(claim.message().message().headers()).hasSize(1);
                handle(claim);
            } else {
                assertThatExceptionOfType(UnreadableRowException.class)
                        .isThrownBy(claim::message)
                        .withMessageContaining("Row %d of table parked_message", claim.id());
                assertThat(claim.readableMessage().message().value()).isEqualTo(bytes("payload"));
                inside(committed, () -> queues.makeDead(claim, 1, FailureText.of(broken), false));
            }
        }
        DeadLetterDetails dead =
                letters.get(letters.find(DeadLetterQuery.dead()).get(0).id()).orElseThrow();
        assertThat(dead.headers()).containsOnlyKeys("(unreadable)");
        assertThat(dead.payload()).isEqualTo(bytes("payload"));
    }

    @Test
    void claimsForAllListenersAtOnceEachUpToItsLimit() {
        for (int i = 0; i < 3; i++) {
            park(message("billing", "orders", "o" + i, i), Duration.ZERO);
            park(message("billing", "refunds", "r" + i, i), Duration.ZERO);
            park(message("shipping", "orders", "o" + i, i), Duration.ZERO);
            park(message("audit", "orders", "o" + i, i), Duration.ZERO);
            park(message("idle", "orders", "o" + i, i), Duration.ofMinutes(10 + i));
        }
        Due due = queues.claimDue(List.of(
                new Wanted("billing", List.of("orders", "refunds"), 4),
                new Wanted("shipping", List.of("orders", "refunds"), 10),
                new Wanted("audit", List.of("orders"), 0),
                new Wanted("idle", List.of("orders"), 5)));
        assertThat(due.claims()).extracting(KeyClaim::group).containsOnly("billing", "shipping");
        assertThat(due.claims())
                .filteredOn(claim -> claim.group().equals("billing"))
                .hasSize(4);
        assertThat(due.claims())
                .filteredOn(claim -> claim.group().equals("shipping"))
                .hasSize(3);
        assertThat(due.claims()).extracting(KeyClaim::id).doesNotHaveDuplicates();
        assertThat(due.next()).isBetween(Duration.ofMinutes(9), Duration.ofMinutes(10));
        assertThat(queues.claim("billing", List.of("orders", "refunds"), 10)).hasSize(2);
        assertThat(queues.claimDue(List.of())).isEqualTo(new Due(List.of(), null));
    }

    @Test
    void aKeyThatSomebodyWorksOnIsSkippedAndNothingIsHandedOutTwice() {
        park(message("busy", 1), Duration.ZERO);
        park(message("free", 2), Duration.ZERO);
        rows.whileHandled(
                GROUP,
                TOPIC,
                "busy",
                queue -> assertThat(queues.claimDue(List.of(
                                        new Wanted(GROUP, List.of(TOPIC), 10), new Wanted(GROUP, List.of(TOPIC), 10)))
                                .claims())
                        .singleElement()
                        .satisfies(claim -> assertThat(claim.message().offset()).isEqualTo(2)));
    }

    @Test
    void keysThatAreNotDueCostNothingHoweverManyTheyAre() {
        rows.sql.sql("""
                insert into reliable_messaging.parked_key (consumer_group, topic, queue, next_attempt_at)
                select 'billing', 'orders', md5(number::text)::uuid, now() + interval '1 hour'
                  from generate_series(1, 20000) number
                """).update();
        rows.sql.sql("analyze reliable_messaging.parked_key").update();
        List<String> plan = rows.sql.sql("""
                explain (analyze, costs off, timing off)
                select * from reliable_messaging.parked_key p
                 where p.consumer_group = 'billing' and p.topic = 'orders' and not p.held
                   and p.next_attempt_at <= statement_timestamp()
                 order by p.next_attempt_at limit 5 for no key update of p skip locked
                """).query(String.class).list();
        assertThat(String.join("\n", plan)).contains("parked_key_due").doesNotContain("Rows Removed");
    }

    /** Whoever is redriven for years would otherwise have a history that nobody can read. */
    @ParameterizedTest
    @ValueSource(strings = {"park", "storeInPlace", "makeDead", "retry"})
    void ofManyFailuresTheFirstAndTheNewestAreKept(String how) {
        park(message("other", 7), Duration.ofHours(1));
        ReceivedMessage message = message("k", 1);
        park(message, Duration.ZERO, new IllegalStateException("failure 1"));
        for (int attempt = 2; attempt <= 25; attempt++) {
            FailureText failure = FailureText.of(new IllegalStateException("failure " + attempt));
            SpentAttempts spent = SpentAttempts.of(attempt);
            if (how.equals("retry")) {
                KeyClaim claim = claimAfterItsEnd("k");
                assertThat(inside(committed, () -> queues.retry(claim, spent, failure, Duration.ZERO)))
                        .isTrue();
                continue;
            }
            inside(committed, () -> {
                switch (how) {
                    case "park" -> parked.park(message, spent, failure, Duration.ZERO);
                    case "storeInPlace" -> parked.storeInPlace(message, spent, failure);
                    default -> parked.makeDead(message, spent.attempts(), failure, false);
                }
                return null;
            });
        }
        assertThat(failures(1)).containsExactlyElementsOf(firstAndNewest(25));
        assertThat(failures(7)).containsExactly("1: no stock");
    }

    @Test
    void thatAPersonMadeItADeadLetterIsOneOfTheNewestFailures() {
        ReceivedMessage message = message("k", 1);
        park(message, Duration.ZERO, new IllegalStateException("failure 1"));
        for (int attempt = 2; attempt <= 25; attempt++) {
            FailureText failure = FailureText.of(new IllegalStateException("failure " + attempt));
            SpentAttempts spent = SpentAttempts.of(attempt);
            inside(committed, () -> {
                parked.park(message, spent, failure, Duration.ZERO);
                return null;
            });
        }
        letters.makeDead(letters.find(DeadLetterQuery.all()).get(0).id(), "hangs", "olive");
        List<String> kept = new ArrayList<>(firstAndNewest(25));
        kept.remove(1);
        kept.add("25: Made a dead letter by olive: hangs");
        assertThat(failures(1)).containsExactlyElementsOf(kept);
    }

    /** The first of so many, and the 20 newest. */
    private static List<String> firstAndNewest(int count) {
        return IntStream.rangeClosed(1, count)
                .filter(attempt -> attempt == 1 || attempt > count - 20)
                .mapToObj(attempt -> attempt + ": failure " + attempt)
                .toList();
    }

    private List<String> failures(long offset) {
        long id = letters.find(DeadLetterQuery.all()).stream()
                .filter(letter -> letter.offset() == offset)
                .findFirst()
                .orElseThrow()
                .id();
        return letters.get(id).orElseThrow().failures().stream()
                .map(failure -> failure.attempt() + ": " + failure.errorMessage())
                .toList();
    }

    private KeyClaim claimAfterItsEnd(String key) {
        rows.sql
                .sql(
                        "update reliable_messaging.parked_key set next_attempt_at = clock_timestamp() where queue = md5(?::bytea)::uuid")
                .param(bytes(key))
                .update();
        return claimOne();
    }

    @Test
    void whatNoColumnCanHoldIsLeftOutAndTheRestIsKept() {
        String odd = "nul \0 half \ud83d " + "x".repeat(30_000_000);
        Exception cause = new IllegalStateException(odd);
        ReceivedMessage never = message(GROUP, TOPIC, "k\0", 1, Instant.MAX);
        park(never, Duration.ofSeconds(Long.MAX_VALUE), cause);
        ReceivedMessage ever = message(GROUP, TOPIC, "l", 2, Instant.MIN);
        inside(committed, () -> {
            charge(ever);
            parked.makeDead(ever, 1, FailureText.of(cause), false);
            return null;
        });
        assertThat(letters.find(DeadLetterQuery.all())).hasSize(2).allSatisfy(letter -> {
            assertThat(letter.publishedAt()).isNull();
            assertThat(letter.errorMessage())
                    .startsWith("nul \\0 half \\ud83d xxx")
                    .hasSize(4096);
            assertThat(letters.get(letter.id()).orElseThrow().stackTrace()).hasSizeLessThanOrEqualTo(32 * 1024);
        });
        assertThat(queues.claimDue(wanted(1)).next()).isGreaterThan(Duration.ofDays(3000));
    }

    @Test
    void theLeastOfAMessageHasItsBytesAndTheNameOfTheException() {
        inside(committed, () -> {
            charge(message("a", 1));
            parked.park(message("a", 1), SpentAttempts.of(1), FailureText.minimal(broken), Duration.ZERO);
            parked.makeDead(message("b", 2), 2, FailureText.minimal(broken), false);
            return null;
        });
        KeyClaim claim = claimOne();
        inside(
                committed,
                () -> queues.retry(claim, SpentAttempts.of(2), FailureText.minimal(broken), Duration.ofHours(1)));
        assertThat(letters.find(DeadLetterQuery.all())).hasSize(2).allSatisfy(letter -> {
            assertThat(letter.errorClass()).isEqualTo("java.lang.IllegalStateException");
            assertThat(letter.errorMessage()).isNull();
            assertThat(letter.publishedAt()).isNull();
            assertThat(letter.attempts()).isEqualTo(2);
            assertThat(letters.get(letter.id()).orElseThrow().headers()).isEqualTo(Map.of("source", "shop"));
        });
        letters.redrive(DeadLetterQuery.waiting(), "olive");
        KeyClaim again = claimOne();
        inside(committed, () -> queues.makeDead(again, 5, FailureText.minimal(broken), false));
        assertThat(letters.count(DeadLetterQuery.dead())).isEqualTo(2);
    }

    private List<Wanted> wanted(int limit) {
        return List.of(new Wanted(GROUP, List.of(TOPIC), limit));
    }

    private KeyClaim claimOne() {
        return queues.claim(GROUP, List.of(TOPIC), 1).get(0);
    }

    /** Claims the key though somebody has done so before, because that was long ago. */
    private KeyClaim claimAfterItsEnd() {
        endClaims();
        return claimOne();
    }

    private void endClaims() {
        rows.sql
                .sql("update reliable_messaging.parked_key set next_attempt_at = clock_timestamp()")
                .update();
    }

    private void handle(KeyClaim claim) {
        inside(committed, () -> {
            assertThat(queues.begin(claim)).isTrue();
            return queues.advance(claim);
        });
    }

    private void park(ReceivedMessage message, Duration delay) {
        park(message, delay, broken);
    }

    private void park(ReceivedMessage message, Duration delay, Exception cause) {
        inside(committed, () -> {
            charge(message);
            parked.park(message, SpentAttempts.of(1), FailureText.of(cause), delay);
            return null;
        });
    }

    private void append(ReceivedMessage message) {
        inside(committed, () -> {
            charge(message);
            parked.append(message);
            return null;
        });
    }

    /** The group has taken charge of the message. */
    private void charge(ReceivedMessage message) {
        rows.sql
                .sql(
                        "insert into reliable_messaging.inbox_message (consumer_group, topic, message_id) values (?, ?, ?)")
                .params(
                        message.group(),
                        message.message().topic(),
                        message.message().id().value())
                .update();
    }

    private void forgetKey(String key) {
        rows.sql
                .sql("delete from reliable_messaging.parked_key where queue = md5(?::bytea)::uuid")
                .param(bytes(key))
                .update();
    }

    private static <T> T inside(TransactionTemplate transactions, Supplier<T> work) {
        return transactions.execute(status -> work.get());
    }

    private int keys() {
        return count("parked_key");
    }

    private int count(String of) {
        return Objects.requireNonNull(rows.sql
                .sql("select count(*) from reliable_messaging." + of)
                .query(Integer.class)
                .single());
    }

    private static ReceivedMessage message(String key, long offset) {
        return message(GROUP, TOPIC, key, offset);
    }

    private static ReceivedMessage message(String group, String topic, String key, long offset) {
        return message(group, topic, key, offset, Instant.EPOCH);
    }

    private static ReceivedMessage message(String group, String topic, String key, long offset, Instant published) {
        Headers headers = new RecordHeaders().add("source", bytes("shop"));
        MessageId id = MessageId.at(Instant.EPOCH);
        return new ReceivedMessage(
                group, new WireMessage(id, topic, null, bytes(key), bytes("payload"), headers), 2, offset, published);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
