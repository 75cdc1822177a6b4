package io.reliablemessaging.producer;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Producers that fail one after the other are opened at growing distances, and at once after an acknowledgement. */
class ProducerRestartsTests {

    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final ProducerRestarts producerRestarts = new ProducerRestarts();
    private long now = System.nanoTime();

    @Test
    void eachFailureDoublesTheWaitUpToALimit() {
        Duration before = Duration.ZERO;
        for (int i = 0; i < 20; i++) {
            Duration wait = fail();
            assertThat(wait).isGreaterThanOrEqualTo(before).isLessThanOrEqualTo(ProducerRestarts.LONGEST);
            before = wait;
        }
        assertThat(before).isEqualTo(ProducerRestarts.LONGEST);
    }

    @Test
    void anAcknowledgementBeginsAgain() {
        Duration first = fail();
        assertThat(fail()).isEqualTo(first.multipliedBy(2));
        producerRestarts.noteTaken();
        assertThat(fail()).isEqualTo(first);
    }

    @Test
    void afterTheWaitNothingIsWaitedFor() {
        now += fail().toNanos();
        assertThat(producerRestarts.isWaiting(now)).isFalse();
        assertThat(producerRestarts.untilNext(LIMIT, now)).isEqualTo(LIMIT);
    }

    private Duration fail() {
        producerRestarts.noteFailure(now);
        assertThat(producerRestarts.isWaiting(now)).isTrue();
        return producerRestarts.untilNext(LIMIT, now);
    }
}
