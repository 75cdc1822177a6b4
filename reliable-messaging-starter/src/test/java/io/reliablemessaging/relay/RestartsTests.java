package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Producers that fail one after the other are opened at growing distances, and at once after an acknowledgement. */
class RestartsTests {

    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final Restarts restarts = new Restarts();
    private long now = System.nanoTime();

    @Test
    void eachFailureDoublesTheWaitUpToALimit() {
        Duration before = Duration.ZERO;
        for (int i = 0; i < 20; i++) {
            Duration wait = fail();
            assertThat(wait).isGreaterThanOrEqualTo(before).isLessThanOrEqualTo(Restarts.LONGEST);
            before = wait;
        }
        assertThat(before).isEqualTo(Restarts.LONGEST);
    }

    @Test
    void anAcknowledgementBeginsAgain() {
        Duration first = fail();
        assertThat(fail()).isEqualTo(first.multipliedBy(2));
        restarts.noteTaken();
        assertThat(fail()).isEqualTo(first);
    }

    @Test
    void afterTheWaitNothingIsWaitedFor() {
        now += fail().toNanos();
        assertThat(restarts.isWaiting(now)).isFalse();
        assertThat(restarts.untilNext(LIMIT, now)).isEqualTo(LIMIT);
    }

    private Duration fail() {
        restarts.noteFailure(now);
        assertThat(restarts.isWaiting(now)).isTrue();
        return restarts.untilNext(LIMIT, now);
    }
}
