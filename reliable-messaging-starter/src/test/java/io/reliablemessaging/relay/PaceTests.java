package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A break is as long as the work before it was large, up to the longest one. */
class PaceTests {

    private static final Duration HOUR = Duration.ofHours(1);

    @Test
    void theFirstPieceBeginsAtOnce() {
        assertThat(new Pace(HOUR).left()).isLessThanOrEqualTo(0);
    }

    @Test
    void aPieceThatHasServedNothingIsFollowedByNoBreak() {
        Pace pace = new Pace(HOUR);
        pace.noteServed(0);
        assertThat(pace.left()).isLessThanOrEqualTo(0);
    }

    @Test
    void eachMessageMakesTheBreakAMillisecondLonger() {
        Pace pace = new Pace(HOUR);
        pace.noteServed(60_000);
        assertThat(Duration.ofNanos(pace.left())).isBetween(Duration.ofSeconds(30), Duration.ofSeconds(60));
        pace.noteServed(600_000);
        assertThat(Duration.ofNanos(pace.left())).isBetween(Duration.ofSeconds(570), Duration.ofSeconds(600));
    }

    @Test
    void noBreakIsLongerThanTheLongest() {
        Pace pace = new Pace(Duration.ofMinutes(1));
        pace.noteServed(Integer.MAX_VALUE);
        assertThat(Duration.ofNanos(pace.left())).isBetween(Duration.ofSeconds(30), Duration.ofMinutes(1));
    }
}
