package io.reliablemessaging.failures;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.failures.FailureCounts.Counted;
import io.reliablemessaging.text.Fingerprint;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every failure is written down once, a known fingerprint at most once a minute, and the memory is bounded. */
class FailureCountsTests {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private long now = Long.MAX_VALUE - 5; // the clock of the JVM may begin anywhere
    private final FailureCounts counts = new FailureCounts(3, () -> now);

    private static Fingerprint fingerprint(String name) {
        return new Fingerprint("billing", "orders", name, null);
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }

    @Test
    void theFirstFailureIsDueAtOnceAndLaterOnesAfterAMinute() {
        assertThat(counts.add(fingerprint("a"))).isTrue();
        assertThat(counts.takeDue()).containsExactly(new Counted(fingerprint("a"), 1, Duration.ZERO, Duration.ZERO));
        assertThat(counts.add(fingerprint("a"))).isFalse();
        pass(SECOND);
        assertThat(counts.add(fingerprint("a"))).isFalse();
        assertThat(counts.takeDue()).isEmpty();
        pass(Duration.ofSeconds(59));
        assertThat(counts.takeDue())
                .containsExactly(new Counted(fingerprint("a"), 2, Duration.ofSeconds(60), Duration.ofSeconds(59)));
        pass(Duration.ofHours(1));
        assertThat(counts.takeDue()).as("nothing has failed since").isEmpty();
        assertThat(counts.takeAll()).isEmpty();
    }

    @Test
    void atTheEndEverythingIsTaken() {
        counts.add(fingerprint("a"));
        counts.takeDue();
        counts.add(fingerprint("a"));
        counts.add(fingerprint("b"));
        assertThat(counts.takeAll()).extracting(Counted::failures).containsExactly(1L, 1L);
    }

    @Test
    void whatCouldNotBeWrittenIsCountedOnWithItsTimes() {
        counts.add(fingerprint("a"));
        pass(SECOND);
        List<Counted> taken = counts.takeDue();
        pass(SECOND);
        counts.add(fingerprint("a"));
        counts.putBack(taken);
        assertThat(counts.takeDue()).as("not at once again").isEmpty();
        pass(Duration.ofMinutes(1));
        assertThat(counts.takeDue())
                .containsExactly(new Counted(fingerprint("a"), 2, Duration.ofSeconds(62), Duration.ofSeconds(60)));
    }

    @Test
    void theWrittenOneThatFailedLongestAgoIsForgottenFirst() {
        counts.add(fingerprint("a"));
        counts.add(fingerprint("b"));
        counts.add(fingerprint("c"));
        counts.takeDue();
        counts.add(fingerprint("a"));
        counts.takeAll();
        assertThat(counts.add(fingerprint("d"))).isTrue();
        assertThat(counts.add(fingerprint("a"))).as("remembered").isFalse();
        assertThat(counts.add(fingerprint("b"))).as("forgotten").isTrue();
    }

    @Test
    void nothingIsForgottenThatIsNotWrittenAndOthersAreNotCountedMeanwhile() {
        counts.add(fingerprint("a"));
        counts.add(fingerprint("b"));
        counts.add(fingerprint("c"));
        assertThat(counts.add(fingerprint("d"))).isFalse();
        assertThat(counts.takeDue())
                .extracting(Counted::fingerprint)
                .containsExactly(fingerprint("a"), fingerprint("b"), fingerprint("c"));
        assertThat(counts.add(fingerprint("d"))).isTrue();
    }
}
