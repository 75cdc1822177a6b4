package io.reliablemessaging.operations;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What does not last is not told. */
class DebounceTests {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Debounce debounce = new Debounce(LIMIT);
    private long now = Long.MAX_VALUE - 5_000_000_000L; // the clock may overflow meanwhile

    @Test
    void itIsOverWhenItHasLastedForLonger() {
        assertThat(update(true)).isFalse();
        after(LIMIT);
        assertThat(update(true)).isFalse();
        after(Duration.ofNanos(1));
        assertThat(update(true)).isTrue();
        assertThat(update(true)).as("and stays so").isTrue();
    }

    @Test
    void anInterruptionHasItBeginAnew() {
        update(true);
        after(LIMIT);
        assertThat(update(false)).isFalse();
        after(Duration.ofSeconds(1));
        assertThat(update(true)).isFalse();
        after(LIMIT);
        assertThat(update(true)).isFalse();
        after(Duration.ofNanos(1));
        assertThat(update(true)).isTrue();
    }

    @Test
    void whatIsNotSoIsNeverOver() {
        for (int i = 0; i < 5; i++) {
            assertThat(update(false)).isFalse();
            after(Duration.ofHours(1));
        }
    }

    private boolean update(boolean so) {
        return debounce.update(so, now);
    }

    private void after(Duration duration) {
        now += duration.toNanos();
    }
}
