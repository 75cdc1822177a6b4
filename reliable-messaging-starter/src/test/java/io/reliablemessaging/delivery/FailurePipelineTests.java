package io.reliablemessaging.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.Ordering;
import io.reliablemessaging.RetryLaterException;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.delivery.DeliveryAnswer.Missing;
import io.reliablemessaging.delivery.DeliveryOutcome.Away;
import io.reliablemessaging.delivery.DeliveryOutcome.DeadLettered;
import io.reliablemessaging.delivery.DeliveryOutcome.Parked;
import io.reliablemessaging.delivery.DeliveryOutcome.Waits;
import io.reliablemessaging.delivery.FailurePipeline.Failed;
import io.reliablemessaging.retry.RedeliveryPolicy;
import io.reliablemessaging.retry.SpentAttempts;
import io.reliablemessaging.text.FailureText;
import io.reliablemessaging.wire.ReceivedMessage;
import io.reliablemessaging.wire.WireMessage;
import java.net.ConnectException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.springframework.dao.OptimisticLockingFailureException;

/** What becomes of a failed delivery: again, held, parked or dead, and how it is stored. */
class FailurePipelineTests {

    private static final Duration HOUR = Duration.ofHours(1);

    private final ListenerSettings settings = new ListenerSettings(
            "shipping",
            "shipping",
            1,
            Ordering.KEY,
            TransactionMode.RECORD,
            false,
            new RedeliveryPolicy(5, Duration.ofSeconds(1), 2, Duration.ofMinutes(1), List.of()),
            Duration.ofMinutes(4),
            Duration.ofSeconds(15),
            List.of(ConnectException.class),
            HOUR,
            false);
    private final FailurePipeline pipeline = new FailurePipeline(
            settings, new DependencyOutageDetector(settings.outageTypes(), HOUR, InstantSource.system()));
    private final Stored stored = new Stored();

    /** Remembers what was stored, or fails to. */
    private static final class Stored implements FailurePipeline.Recording {

        private final List<FailureText> texts = new ArrayList<>();
        private final List<Throwable> failures = new ArrayList<>();
        private SpentAttempts spent;

        @Override
        public DeliveryOutcome park(Failed failed, SpentAttempts spent, FailureText text, Duration delay) {
            this.spent = spent;
            return store(text, () -> new Parked(failed, delay));
        }

        @Override
        public DeliveryOutcome deadLetter(Failed failed, String reason, FailureText text) {
            return store(text, () -> new DeadLettered(failed, failed.reported(), reason));
        }

        private DeliveryOutcome store(FailureText text, Supplier<DeliveryOutcome> deliveryOutcome) {
            texts.add(text);
            if (!failures.isEmpty()) {
                Throwable thrown = failures.remove(0);
                if (thrown instanceof Error error) {
                    throw error;
                }
                throw (RuntimeException) thrown;
            }
            return deliveryOutcome.get();
        }
    }

    private static ReceivedMessage message(String key) {
        WireMessage message = new WireMessage(
                new MessageId(UUID.randomUUID()), "orders", null, key.getBytes(UTF_8), null, new RecordHeaders());
        return new ReceivedMessage("shipping", message, 0, 0, Instant.EPOCH);
    }

    private static RuntimeException sql(String state) {
        return new IllegalStateException(new SQLException("from PostgreSQL", state));
    }

    private static Failed called(int attempt, Throwable cause) {
        return new Failed(message("k"), attempt, true, 3, 0, 0, Duration.ZERO, cause);
    }

    private static Failed notCalled(int run, Throwable cause) {
        return new Failed(message("k"), 1, false, run, 0, 0, Duration.ZERO, cause);
    }

    private DeliveryOutcome judge(Failed failed) {
        return pipeline.judge(failed, stored).orElseThrow();
    }

    @Test
    void aConflictIsRunAgainAFewTimesAndThenParkedWithoutAnAttempt() {
        Throwable conflict = new OptimisticLockingFailureException("stale");
        for (int run = 1; run < 3; run++) {
            Failed failed = new Failed(message("k"), 1, true, run, 0, 0, Duration.ZERO, conflict);
            assertThat(pipeline.judge(failed, stored)).isEmpty();
        }
        assertThat(judge(called(1, conflict))).isInstanceOf(Parked.class);
        assertThat(stored.spent).isEqualTo(new SpentAttempts(0, 1));
    }

    @Test
    void aMessageThatAlwaysMeetsAConflictSpendsAttemptsInTheEnd() {
        Failed failed = new Failed(
                message("k"), 5, true, 3, 20, 0, Duration.ZERO, new OptimisticLockingFailureException("stale"));
        assertThat(judge(failed)).isInstanceOf(DeadLettered.class);
    }

    @Test
    void aLockThatSomebodyHoldsIsWaitedForWithoutARunAndWithoutAnAttempt() {
        assertThat(judge(notCalled(1, sql("55P03")))).isInstanceOf(Waits.class);
        assertThat(stored.texts).isEmpty();
    }

    @Test
    void aDatabaseThatIsAwaySpendsNoAttempt() {
        for (String state : List.of("08006", "57P01", "53300")) {
            assertThat(judge(called(1, sql(state))))
                    .isInstanceOfSatisfying(
                            Away.class, away -> assertThat(away.missing()).isEqualTo(Missing.DATABASE));
        }
        assertThat(stored.texts).isEmpty();
    }

    @Test
    void whatLooksLikeAnOutageWhileOurDatabaseAnswersBelongsToTheMessageAfterAll() {
        Failed failed = new Failed(message("k"), 1, true, 1, 0, 5, Duration.ofSeconds(5), sql("08001"));
        assertThat(judge(failed)).isInstanceOf(Parked.class);
        assertThat(stored.spent).isEqualTo(SpentAttempts.of(1));
    }

    @Test
    void ourOwnStatementsWaitForTheDatabaseForAsLongAsItTakes() {
        Failed failed = new Failed(message("k"), 1, false, 1, 0, 500, Duration.ofDays(1), sql("08001"));
        assertThat(judge(failed)).isInstanceOf(Away.class);
    }

    @Test
    void aPoolWithoutConnectionsSpendsNoAttemptBeforeMaxOutage() {
        Throwable exhausted = new IllegalStateException(
                new SQLTransientConnectionException("HikariPool-1 - Connection is not available, request timed out"));
        Failed soon = new Failed(message("k"), 1, true, 1, 0, 50, HOUR.minusSeconds(1), exhausted);
        assertThat(judge(soon))
                .isInstanceOfSatisfying(
                        Away.class, away -> assertThat(away.missing()).isEqualTo(Missing.CONNECTION));
        Failed late = new Failed(message("k"), 1, true, 1, 0, 50, HOUR, exhausted);
        assertThat(judge(late)).isInstanceOf(Parked.class);
        assertThat(stored.spent).isEqualTo(SpentAttempts.of(1));
    }

    @Test
    void manyKeysThatMissTheSameServiceAreAnOutageAndOneIsNot() {
        Throwable missing = new IllegalStateException(new ConnectException("refused"));
        assertThat(judge(called(1, missing))).isInstanceOf(Parked.class);
        DeliveryOutcome last = null;
        for (int i = 0; i < 5; i++) {
            Failed failed = new Failed(message("k" + i), 1, true, 1, 0, 0, Duration.ZERO, missing);
            last = judge(failed);
        }
        assertThat(last)
                .isInstanceOfSatisfying(
                        Away.class, away -> assertThat(away.missing()).isEqualTo(Missing.DEPENDENCY));
    }

    @Test
    void aFailureOutsideTheHandlerThatIsNoOutageBelongsToItsMessage() {
        DeliveryOutcome deliveryOutcome = judge(notCalled(1, sql("22008")));
        assertThat(deliveryOutcome)
                .isInstanceOfSatisfying(
                        Parked.class,
                        parked -> assertThat(parked.failed().reported()).isZero());
        assertThat(stored.spent).isEqualTo(SpentAttempts.of(1));
    }

    @Test
    void theLastAttemptAndAnUnrecoverableFailureMakeADeadLetter() {
        assertThat(judge(called(5, new IllegalStateException("still")))).isInstanceOf(DeadLettered.class);
        assertThat(judge(called(1, new UnrecoverableMessageException("never")))).isInstanceOf(DeadLettered.class);
    }

    @Test
    void anErrorThatAMessageCausesIsCountedLikeAnyFailure() {
        assertThat(judge(called(1, new StackOverflowError()))).isInstanceOf(Parked.class);
        assertThat(stored.spent).isEqualTo(SpentAttempts.of(1));
    }

    @Test
    void retryLaterSpendsNoAttempt() {
        assertThat(judge(called(2, new RetryLaterException(Duration.ofMinutes(5)))))
                .isInstanceOfSatisfying(
                        Parked.class, parked -> assertThat(parked.delay()).isEqualTo(Duration.ofMinutes(5)));
        assertThat(stored.spent.attempts()).isEqualTo(1);
    }

    @Test
    void whatCannotBeStoredIsStoredWithTheFewestColumns() {
        stored.failures.add(sql("22021"));
        assertThat(judge(called(1, new IllegalStateException("odd")))).isInstanceOf(Parked.class);
        assertThat(stored.texts).hasSize(2);
        assertThat(stored.texts.get(0).message()).isEqualTo("odd");
        assertThat(stored.texts.get(1).message()).isNull();
    }

    @Test
    void aStackOverflowOfOurOwnIsNoReasonToLoseAMessage() {
        stored.failures.add(new StackOverflowError());
        assertThat(judge(called(1, new IllegalStateException("odd")))).isInstanceOf(Parked.class);
    }

    @Test
    void whatCannotBeStoredAtAllWaitsForItsKeyOnly() {
        stored.failures.addAll(List.of(sql("22021"), sql("22021")));
        assertThat(judge(called(1, new IllegalStateException("odd")))).isInstanceOf(Waits.class);
    }

    @Test
    void whileAFailureIsStoredAConflictIsRunAgainAndAnOutageIsWaitedFor() {
        stored.failures.addAll(List.of(sql("40001"), sql("40P01")));
        assertThat(judge(called(1, new IllegalStateException("odd")))).isInstanceOf(Parked.class);
        stored.failures.add(sql("57P01"));
        assertThat(judge(called(1, new IllegalStateException("odd")))).isInstanceOf(Away.class);
    }

    @Test
    void aParkedMessageIsTriedAgainWithoutAnAttemptForATimeAndThenCounts() {
        Failed early = new Failed(message("k"), 2, true, 1, 3, 0, Duration.ZERO, sql("08006"));
        assertThat(pipeline.retryUncounted(early, Duration.ofSeconds(1), stored))
                .isInstanceOf(Parked.class);
        assertThat(stored.spent).isEqualTo(new SpentAttempts(1, 4));
        Failed late = new Failed(message("k"), 2, true, 1, 20, 0, Duration.ZERO, sql("08006"));
        assertThat(pipeline.retryUncounted(late, Duration.ofSeconds(1), stored)).isInstanceOf(Parked.class);
        assertThat(stored.spent).isEqualTo(SpentAttempts.of(2));
    }

    @Test
    void aMessageThatMayNotBeHandledHereIsParkedWithItsCause() {
        Failed failed = notCalled(1, new ConsumerDiedException("two consumers died"));
        assertThat(Optional.of(pipeline.park(failed, stored))).get().isInstanceOf(Parked.class);
        assertThat(stored.spent).isEqualTo(SpentAttempts.of(0));
    }
}
