package io.reliablemessaging.producer;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A break is as long as the work before it was large, up to the longest one. */
class BatchingPauseTests {

    private static final Duration HOUR = Duration.ofHours(1);

    @Test
    void theFirstPieceBeginsAtOnce() {
        assertThat(new BatchingPause(HOUR).left()).isLessThanOrEqualTo(0);
    }

    @Test
    void aPieceThatHasServedNothingIsFollowedByNoBreak() {
        BatchingPause batchingPause = new BatchingPause(HOUR);
        batchingPause.noteServed(0);
        assertThat(batchingPause.left()).isLessThanOrEqualTo(0);
    }

    @Test
    void eachMessageMakesTheBreakAMillisecondLonger() {
        BatchingPause batchingPause = new BatchingPause(HOUR);
        batchingPause.noteServed(60_000);
        assertThat(Duration.ofNanos(batchingPause.left())).isBetween(Duration.ofSeconds(30), Duration.ofSeconds(60));
        batchingPause.noteServed(600_000);
        assertThat(Duration.ofNanos(batchingPause.left())).isBetween(Duration.ofSeconds(570), Duration.ofSeconds(600));
    }

    @Test
    void noBreakIsLongerThanTheLongest() {
        BatchingPause batchingPause = new BatchingPause(Duration.ofMinutes(1));
        batchingPause.noteServed(Integer.MAX_VALUE);
        assertThat(Duration.ofNanos(batchingPause.left())).isBetween(Duration.ofSeconds(30), Duration.ofMinutes(1));
    }
}
