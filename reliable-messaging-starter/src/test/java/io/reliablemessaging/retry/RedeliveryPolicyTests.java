package io.reliablemessaging.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.reliablemessaging.RetryLaterException;
import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.retry.RedeliveryDecision.After;
import io.reliablemessaging.retry.RedeliveryDecision.GiveUp;
import io.reliablemessaging.retry.RedeliveryDecision.Uncounted;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedeliveryPolicyTests {

    private final RedeliveryPolicy policy = new RedeliveryPolicy(
            5, Duration.ofSeconds(1), 3, Duration.ofSeconds(20), List.of(ArithmeticException.class));

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 3", "3, 9", "4, 20"})
    void waitsLongerEachTimeUpToTheMaximum(int attempts, long seconds) {
        for (int i = 0; i < 100; i++) {
            assertThat(policy.decide(Attempts.of(attempts), new IllegalStateException()))
                    .isInstanceOfSatisfying(
                            After.class,
                            after -> assertThat(after.delay())
                                    .isBetween(Duration.ofMillis(800 * seconds), Duration.ofSeconds(seconds)));
        }
    }

    @Test
    void messagesThatFailedTogetherDoNotComeBackTogether() {
        assertThat(IntStream.range(0, 100)
                        .mapToObj(i -> policy.decide(Attempts.of(3), new IllegalStateException()))
                        .distinct())
                .hasSizeGreaterThan(1);
    }

    @Test
    void aHandlerThatAsksForPatienceSpendsNoAttempt() {
        Throwable failure = new IllegalStateException(new RetryLaterException(Duration.ofHours(1)));
        assertThat(policy.decide(new Attempts(5, 7), failure)).isEqualTo(new Uncounted(Duration.ofHours(1), 7));
    }

    @Test
    void givesUpAtOnceWhatTheApplicationSaysIsUnrecoverable() {
        assertThat(policy.decide(Attempts.of(1), new IllegalStateException(new ArithmeticException())))
                .isInstanceOf(GiveUp.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 6})
    void givesUpAfterTheLastAttempt(int attempts) {
        assertThat(policy.decide(Attempts.of(attempts), new IllegalStateException()))
                .isInstanceOf(GiveUp.class);
    }

    @Test
    void givesUpAtOnceWhatIsUnrecoverableHoweverDeep() {
        Throwable failure = new IllegalStateException(new UnrecoverableMessageException("no such country"));
        assertThat(policy.decide(Attempts.of(1), failure)).isInstanceOf(GiveUp.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"40001", "40P01", "55P03"})
    void runsAgainAtOnceWhatTheDatabaseAsksFor(String sqlState) {
        Throwable failure = new IllegalStateException(new SQLException("again", sqlState));
        assertThat(policy.mayRunAgain(1, failure)).isTrue();
        assertThat(policy.mayRunAgain(3, failure)).isFalse();
    }

    @Test
    void doesNotRunAgainOtherFailures() {
        assertThat(policy.mayRunAgain(1, new SQLException("duplicate key", "23505")))
                .isFalse();
        assertThat(policy.mayRunAgain(1, new IllegalStateException())).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"08006", "57P01", "53300", "25P04"})
    void doesNotRunAgainAtOnceWhatWaitsForADatabase(String sqlState) {
        assertThat(policy.mayRunAgain(1, new IllegalStateException(new SQLException("away", sqlState))))
                .isFalse();
    }

    @Test
    void theHandlersOwnWordCountsMoreThanAConflictBehindIt() {
        Throwable conflict = new SQLException("serialization failure", "40001");
        RuntimeException enough = new UnrecoverableMessageException("seen enough");
        enough.initCause(conflict);
        RuntimeException later = new RetryLaterException(Duration.ofHours(1));
        later.initCause(conflict);
        assertThat(policy.mayRunAgain(1, enough)).isFalse();
        assertThat(policy.mayRunAgain(1, later)).isFalse();
        assertThat(policy.decide(Attempts.of(1), enough)).isInstanceOf(GiveUp.class);
        assertThat(policy.decide(Attempts.of(1), later)).isEqualTo(new Uncounted(Duration.ofHours(1), 0));
    }

    @Test
    void aConflictSpendsNoAttemptForTwentyRounds() {
        Throwable conflict = new SQLException("serialization failure", "40001");
        int rounds = 0;
        while (policy.decide(new Attempts(5, rounds), conflict) instanceof Uncounted uncounted) {
            assertThat(uncounted.rounds()).isEqualTo(rounds + 1);
            assertThat(uncounted.delay()).isBetween(Duration.ofMillis(100), Duration.ofSeconds(20));
            rounds = uncounted.rounds();
        }
        assertThat(rounds).isEqualTo(20);
        assertThat(policy.decide(new Attempts(4, 20), conflict)).isInstanceOf(After.class);
        assertThat(policy.decide(new Attempts(5, 20), conflict)).isInstanceOf(GiveUp.class);
    }

    @Test
    void thoseWhoMetDoNotMeetAgain() {
        Throwable conflict = new SQLException("deadlock", "40P01");
        Set<Long> tenths = IntStream.range(0, 1_000)
                .mapToObj(i -> (Uncounted) policy.decide(new Attempts(1, 3), conflict))
                .map(uncounted -> uncounted.delay().toMillis() / 2_000)
                .collect(Collectors.toSet());
        assertThat(tenths).contains(2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L); // from a fifth of 20 s up to all of it
    }

    @Test
    void conflictsAreSpreadEvenIfThereIsNoBackOff() {
        RedeliveryPolicy impatient = new RedeliveryPolicy(5, Duration.ZERO, 1, Duration.ZERO, List.of());
        Throwable conflict = new SQLException("deadlock", "40P01");
        assertThat(IntStream.range(0, 100)
                        .mapToObj(i -> impatient.decide(Attempts.of(1), conflict))
                        .distinct())
                .hasSizeGreaterThan(10);
    }

    static Stream<Duration> hugeDelays() {
        return Stream.of(
                Duration.ofDays(366), Duration.ofDays(1_000_000), Duration.ofSeconds(Long.MAX_VALUE, 999_999_999));
    }

    @ParameterizedTest
    @MethodSource("hugeDelays")
    void noDelayIsLongerThanAYear(Duration huge) {
        Duration year = Duration.ofDays(365);
        assertThat(policy.decide(Attempts.of(1), new RetryLaterException(huge))).isEqualTo(new Uncounted(year, 0));
        RedeliveryPolicy patient = new RedeliveryPolicy(Integer.MAX_VALUE, huge, Double.MAX_VALUE, huge, List.of());
        assertThat(patient.initialDelay()).isEqualTo(year);
        for (int attempts : new int[] {1, 2, 1_000_000, Integer.MAX_VALUE - 1}) {
            assertThat(patient.decide(Attempts.of(attempts), new IllegalStateException()))
                    .isInstanceOfSatisfying(
                            After.class, after -> assertThat(after.delay()).isBetween(Duration.ofDays(290), year));
        }
    }

    @Test
    void aDelayOfZeroStaysZeroHoweverOftenItGrows() {
        RedeliveryPolicy impatient =
                new RedeliveryPolicy(Integer.MAX_VALUE, Duration.ZERO, Double.MAX_VALUE, Duration.ofDays(1), List.of());
        assertThat(impatient.decide(Attempts.of(1_000), new IllegalStateException()))
                .isEqualTo(new After(Duration.ZERO));
    }

    @Test
    void refusesSettingsThatMakeNoSense() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RedeliveryPolicy(0, Duration.ofSeconds(1), 2, Duration.ofSeconds(2), List.of()))
                .withMessageContaining("max-attempts is 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RedeliveryPolicy(1, Duration.ofSeconds(3), 2, Duration.ofSeconds(2), List.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        new RedeliveryPolicy(1, Duration.ofSeconds(1), Double.NaN, Duration.ofSeconds(2), List.of()));
    }
}
