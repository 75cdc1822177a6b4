package io.reliablemessaging.timing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A delay doubles with each failure, up to a limit, until something works. */
class BackoffTests {

    private static final Duration FIRST = Duration.ofSeconds(1);

    private final Backoff backoff = Backoff.of(FIRST, Duration.ofSeconds(30));

    @Test
    void eachFailureDoublesTheDelayUpToALimit() {
        assertThat(Stream.iterate(backoff, Backoff::doubled)
                        .limit(8)
                        .map(each -> each.delay().toSeconds()))
                .containsExactly(1L, 2L, 4L, 8L, 16L, 30L, 30L, 30L);
    }

    @Test
    void aSuccessBeginsWithTheFirstDelay() {
        Backoff grown = backoff.doubled().doubled();
        assertThat(grown.isFirst()).isFalse();
        assertThat(grown.reset().isFirst()).isTrue();
        assertThat(grown.reset().delay()).isEqualTo(FIRST);
        assertThat(grown.reset().doubled().delay()).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void doesNotChangeItself() {
        Backoff unused = backoff.doubled();
        assertThat(backoff.isFirst()).isTrue();
        assertThat(backoff.delay()).isEqualTo(FIRST);
        assertThat(backoff.reset()).isSameAs(backoff);
    }

    @Test
    void aLimitBelowTheFirstDelayLetsItNeverGrow() {
        Backoff constant = Backoff.of(FIRST, Duration.ofMillis(1));
        assertThat(constant.delay()).isEqualTo(FIRST);
        assertThat(constant.doubled().delay()).isEqualTo(FIRST);
    }
}
