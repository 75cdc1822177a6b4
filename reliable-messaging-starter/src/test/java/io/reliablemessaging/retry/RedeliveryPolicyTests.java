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
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedeliveryPolicyTests {

    private final RedeliveryPolicy policy = new RedeliveryPolicy(
            5, Duration.ofSeconds(1), 3, Duration.ofSeconds(20), List.of(ArithmeticException.class));

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 3", "3, 9", "4, 20"})
    void waitsLongerEachTimeUpToTheMaximum(int attempts, long seconds) {
        for (int i = 0; i < 100; i++) {
            assertThat(policy.decide(attempts, new IllegalStateException()))
                    .isInstanceOfSatisfying(
                            After.class,
                            after -> assertThat(after.delay())
                                    .isBetween(Duration.ofMillis(800 * seconds), Duration.ofSeconds(seconds)));
        }
    }

    @Test
    void messagesThatFailedTogetherDoNotComeBackTogether() {
        assertThat(IntStream.range(0, 100)
                        .mapToObj(i -> policy.decide(3, new IllegalStateException()))
                        .distinct())
                .hasSizeGreaterThan(1);
    }

    @Test
    void aHandlerThatAsksForPatienceSpendsNoAttempt() {
        Throwable failure = new IllegalStateException(new RetryLaterException(Duration.ofHours(1)));
        assertThat(policy.decide(5, failure)).isEqualTo(new Uncounted(Duration.ofHours(1)));
    }

    @Test
    void givesUpAtOnceWhatTheApplicationSaysIsUnrecoverable() {
        assertThat(policy.decide(1, new IllegalStateException(new ArithmeticException())))
                .isInstanceOf(GiveUp.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 6})
    void givesUpAfterTheLastAttempt(int attempts) {
        assertThat(policy.decide(attempts, new IllegalStateException())).isInstanceOf(GiveUp.class);
    }

    @Test
    void givesUpAtOnceWhatIsUnrecoverableHoweverDeep() {
        Throwable failure = new IllegalStateException(new UnrecoverableMessageException("no such country"));
        assertThat(policy.decide(1, failure)).isInstanceOf(GiveUp.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"40001", "40P01", "55P03", "08006", "57P01"})
    void runsAgainAtOnceWhatTheDatabaseAsksFor(String sqlState) {
        Throwable failure = new IllegalStateException(new SQLException("again", sqlState));
        assertThat(policy.runAgain(1, failure)).isTrue();
        assertThat(policy.runAgain(3, failure)).isFalse();
    }

    @Test
    void doesNotRunAgainOtherFailures() {
        assertThat(policy.runAgain(1, new SQLException("duplicate key", "23505")))
                .isFalse();
        assertThat(policy.runAgain(1, new IllegalStateException())).isFalse();
    }

    @Test
    void refusesSettingsThatMakeNoSense() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RedeliveryPolicy(0, Duration.ofSeconds(1), 2, Duration.ofSeconds(2), List.of()))
                .withMessageContaining("max-attempts is 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RedeliveryPolicy(1, Duration.ofSeconds(3), 2, Duration.ofSeconds(2), List.of()));
    }
}
