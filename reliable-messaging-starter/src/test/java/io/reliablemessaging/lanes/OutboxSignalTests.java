package io.reliablemessaging.lanes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** No wake-up is lost, and many count as one. */
class OutboxSignalTests {

    private static final Duration LONG = Duration.ofMinutes(1);
    private static final Duration SHORT = Duration.ofMillis(20);

    private final OutboxSignal signal = new OutboxSignal();

    @Test
    void aWakeUpBeforeTheWaitEndsItAtOnceAndOnlyThatOne() throws Exception {
        signal.wake();
        signal.wake();
        assertThat(ends(LONG)).isTrue();
        assertThat(ends(SHORT)).isFalse();
    }

    @Test
    void aWakeUpEndsTheWaitThatIsOn() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        Thread waiting = new Thread(() -> {
            try {
                signal.await(LONG);
                ended.countDown();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        waiting.setDaemon(true);
        waiting.start();
        signal.wake();
        assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void committedMessagesOfOwnLanesWakeTheRelayAndTheOthersAreReturned() throws Exception {
        signal.setLanesHere(() -> Set.of(1, 2));
        assertThat(signal.wakeForLanesHere(Set.of(3, 4))).containsExactlyInAnyOrder(3, 4);
        assertThat(ends(SHORT)).isFalse();
        assertThat(signal.wakeForLanesHere(Set.of(2, 3))).containsExactly(3);
        assertThat(ends(LONG)).isTrue();
        assertThat(signal.wakeForLanesHere(Set.of(1))).isEmpty();
        assertThat(ends(LONG)).isTrue();
    }

    @Test
    void withoutARelayAllLanesAreOfOthers() throws Exception {
        assertThat(signal.wakeForLanesHere(Set.of(0, 1))).containsExactlyInAnyOrder(0, 1);
        assertThat(ends(SHORT)).isFalse();
    }

    @Test
    void delayedMessagesWakeOnlyThoseWhoWaitForThem() throws Exception {
        signal.wakeForDelayed();
        assertThat(ends(SHORT)).isFalse();
        long begin = System.nanoTime();
        signal.awaitDelayed(LONG);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(LONG.dividedBy(2));
        signal.wake();
        begin = System.nanoTime();
        signal.awaitDelayed(SHORT);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(SHORT);
    }

    @Test
    void aReleaseIsTakenOnceAndWakes() throws Exception {
        assertThat(signal.takeReleased()).isFalse();
        signal.noteReleased();
        assertThat(ends(LONG)).isTrue();
        assertThat(signal.takeReleased()).isTrue();
        assertThat(signal.takeReleased()).isFalse();
    }

    /** Whether the wait ends before its limit. */
    private boolean ends(Duration limit) throws InterruptedException {
        long begin = System.nanoTime();
        signal.await(limit);
        return System.nanoTime() - begin < limit.toNanos();
    }
}
