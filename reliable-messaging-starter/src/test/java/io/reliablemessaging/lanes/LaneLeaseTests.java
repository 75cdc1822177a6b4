package io.reliablemessaging.lanes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A lease goes on only if nobody else has had one of its lanes meanwhile. */
class LaneLeaseTests {

    private final LaneLease before = lease(Map.of(1, 10L, 2, 20L));

    @Test
    void goesOnWithTheSameLanesAndMore() {
        assertThat(lease(Map.of(1, 10L, 2, 20L)).continues(before)).isTrue();
        assertThat(lease(Map.of(1, 10L, 2, 20L, 3, 1L)).continues(before)).isTrue();
        assertThat(before.continues(LaneLease.none())).isTrue();
    }

    @Test
    void endsWhenALaneWasLostAgainstOurWill() {
        assertThat(lease(Map.of(1, 10L)).continues(before)).isFalse();
    }

    @Test
    void endsWhenALaneCameBackAfterAnotherHadIt() {
        assertThat(lease(Map.of(1, 10L, 2, 22L)).continues(before)).isFalse();
    }

    @Test
    void goesOnWithoutTheLanesThatWereHandedOver() {
        assertThat(lease(Map.of(1, 10L)).continues(before.without(Set.of(2)))).isTrue();
    }

    private static LaneLease lease(Map<Integer, Long> epochs) {
        return new LaneLease(epochs, 32, System.nanoTime());
    }
}
