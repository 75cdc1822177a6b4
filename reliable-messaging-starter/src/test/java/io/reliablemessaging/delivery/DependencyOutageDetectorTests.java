package io.reliablemessaging.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.wire.QueueId;
import java.net.ConnectException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Many keys that meet the same failure are an outage, one key is not, and none lasts for ever. */
class DependencyOutageDetectorTests {

    private final Exception away = new IllegalStateException(new ConnectException("refused"));
    private static final Duration LONGEST = Duration.ofHours(1);

    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final DependencyOutageDetector failures =
            new DependencyOutageDetector(List.of(ConnectException.class), LONGEST, () -> now);

    @Test
    void theFifthKeyMakesAnOutage() {
        for (int key = 1; key <= 4; key++) {
            assertThat(meets(away, key)).isFalse();
        }
        assertThat(meets(away, 5)).isTrue();
        assertThat(meets(away, 1)).as("the first one, too, from now on").isTrue();
    }

    @Test
    void oneKeyThatFailsAgainAndAgainIsItsOwnFault() {
        for (int i = 0; i < 100; i++) {
            assertThat(meets(away, 1)).isFalse();
        }
    }

    @Test
    void otherFailuresNeverCount() {
        for (int key = 1; key <= 10; key++) {
            assertThat(meets(new IllegalArgumentException("bad order"), key)).isFalse();
        }
        outage();
        assertThat(meets(new IllegalArgumentException("bad order"), 1)).isFalse();
    }

    @Test
    void aSuccessHasAllCountedAnew() {
        for (int key = 1; key <= 4; key++) {
            meets(away, key);
        }
        failures.reset();
        for (int key = 1; key <= 4; key++) {
            assertThat(meets(away, key)).isFalse();
        }
        assertThat(meets(away, 5)).isTrue();
    }

    @Test
    void anOutageThatLastsForTooLongSpendsAttempts() {
        outage();
        now = now.plus(LONGEST).minusMillis(1);
        assertThat(meets(away, 9)).isTrue();
        now = now.plusMillis(1);
        assertThat(meets(away, 9)).isFalse();
        now = now.plus(LONGEST);
        assertThat(meets(away, 10)).isFalse();
    }

    @Test
    void afterASuccessTheNextOutageMayLastAsLongAgain() {
        outage();
        now = now.plus(LONGEST);
        assertThat(meets(away, 9)).isFalse();
        failures.reset();
        outage();
        now = now.plus(LONGEST).minusMillis(1);
        assertThat(meets(away, 9)).isTrue();
    }

    private void outage() {
        for (int key = 1; key <= 5; key++) {
            meets(away, key);
        }
    }

    private boolean meets(Exception failure, long key) {
        return failures.countFailure(failure, new QueueId(new UUID(0, key)));
    }
}
