package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HoldTests {

    // the clock may pass its largest value
    private static final long NOW = Long.MAX_VALUE - Duration.ofMillis(500).toNanos();

    @Test
    void endsWhenItsDelayIsOver() {
        Hold hold = Hold.first(NOW);
        assertThat(hold.isOn(NOW)).isTrue();
        assertThat(hold.isOn(hold.until() - 1)).isTrue();
        assertThat(hold.isOn(hold.until())).isFalse();
        assertThat(hold.delay()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void growsWhenItWasInVain() {
        assertThat(IntStream.rangeClosed(1, 8)
                        .mapToObj(HoldTests::afterFailures)
                        .map(hold -> hold.delay().toSeconds()))
                .containsExactly(1L, 2L, 4L, 8L, 16L, 30L, 30L, 30L);
    }

    @Test
    void aBatchThatFailsFailsOnce() {
        Hold hold = Hold.first(NOW);
        assertThat(hold.again(NOW).again(NOW + 1).again(NOW + 2)).isEqualTo(hold);
    }

    private static Hold afterFailures(int count) {
        Hold hold = Hold.first(NOW);
        for (int i = 1; i < count; i++) {
            hold = hold.again(hold.until());
        }
        return hold;
    }
}
