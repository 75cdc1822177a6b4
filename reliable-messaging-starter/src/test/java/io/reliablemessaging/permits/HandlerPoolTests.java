package io.reliablemessaging.permits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.support.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** Who may run a handler, and that nobody keeps the others from it. */
class HandlerPoolTests {

    private final List<String> begun = new CopyOnWriteArrayList<>();
    private final List<Blocked> blocked = new ArrayList<>();
    private final DelayedTasks timer = new DelayedTasks();
    private HandlerPool pool = pool(6);

    private HandlerPool pool(int permits) {
        return new HandlerPool(permits, new CustomizableThreadFactory("pool-test-"), timer);
    }

    /** A handler that runs until it is told to end. */
    private final class Blocked implements Runnable {
        private final String name;
        private final CountDownLatch end = new CountDownLatch(1);

        private Blocked(String name) {
            this.name = name;
            blocked.add(this);
        }

        @Override
        public void run() {
            begun.add(name);
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @AfterEach
    void endAll() {
        blocked.forEach(each -> each.end.countDown());
        pool.close();
        timer.close();
    }

    @Test
    void tellsSinceWhenMoreCouldRunIfThereWereMorePermits() {
        HandlerPool.Share modest = pool.join("modest", "modest-", 6);
        List<Blocked> allowed = run(modest, "a", 7);
        await().until(() -> begun.size() == 6);
        assertThat(pool.exhaustedFor()).as("no more of it may run").isZero();
        HandlerPool.Share eager = pool.join("eager", "eager-", 7);
        List<Blocked> waiting = run(eager, "b", 1);
        assertThat(pool.exhaustedFor()).isPositive();
        allowed.forEach(each -> each.end.countDown());
        await().until(() -> begun.contains("b"));
        assertThat(pool.exhaustedFor()).isZero();
        assertThat(waiting).hasSize(1);
    }

    @Test
    void theConnectionsAreNotTheLimitWhileFewerRunsAreAllowedForAnotherReason() {
        HandlerPool.Share eager = pool.join("eager", "eager-", 7);
        pool.throttle();
        run(eager, "a", 7);
        assertThat(pool.exhaustedFor()).isZero();
    }

    private List<Blocked> run(HandlerPool.Share share, String name, int count) {
        List<Blocked> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Blocked handler = new Blocked(name);
            all.add(handler);
            share.execute(handler);
        }
        return all;
    }

    private void awaitBegun(int count) {
        await().until(() -> begun.size() == count);
        // whatever would begin beyond that has begun when a later run of another kind has
        assertThat(pool.free()).isGreaterThanOrEqualTo(0);
    }

    @Test
    void aSingleListenerUsesAllPermits() {
        run(pool.join("a", "a-", 16), "a", 10);
        awaitBegun(6);
        assertThat(pool.free()).isZero();
    }

    @Test
    void aListenerRunsNotMoreThanItsConcurrency() {
        run(pool.join("a", "a-", 2), "a", 10);
        awaitBegun(2);
        assertThat(pool.free()).isEqualTo(4);
    }

    @Test
    void handlersThatHangLeaveAPermitToAListenerThatRunsNothing() {
        HandlerPool.Share hanging = pool.join("hanging", "hanging-", 16);
        HandlerPool.Share other = pool.join("other", "other-", 16);
        run(hanging, "hanging", 10);
        awaitBegun(5);
        run(other, "other", 1);
        await().until(() -> begun.contains("other"));
    }

    @Test
    void twoListenersThatHangLeaveAPermitToTheThird() {
        HandlerPool.Share first = pool.join("first", "first-", 16);
        HandlerPool.Share second = pool.join("second", "second-", 16);
        HandlerPool.Share third = pool.join("third", "third-", 16);
        run(first, "first", 10);
        run(second, "second", 10);
        run(third, "third", 1);
        await().until(() -> begun.contains("third"));
    }

    @Test
    void parkedMessagesOfAListenerAreServedThoughItsLiveOnesQueueUp() {
        HandlerPool.Share live = pool.join("a", "a-", 16);
        HandlerPool.Share parked = pool.join("a", "a-parked-", 16);
        List<Blocked> running = run(live, "live", 20);
        awaitBegun(6);
        run(parked, "parked", 1);
        running.get(0).end.countDown();
        await().until(() -> begun.contains("parked"));
    }

    @Test
    void withMoreListenersThanPermitsTheyTakeTurns() {
        pool = pool(2);
        List<HandlerPool.Share> shares = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            shares.add(pool.join("listener" + i, "listener" + i + "-", 16));
        }
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 4; i++) {
                run(shares.get(i), "listener" + i, 1);
            }
        }
        for (int ended = 0; ended < 12; ended++) {
            int expected = Math.min(12, ended + 2);
            await().until(() -> begun.size() == expected);
            blocked.stream()
                    .filter(each -> begun.contains(each.name) && each.end.getCount() == 1)
                    .findFirst()
                    .orElseThrow()
                    .end
                    .countDown();
        }
        for (int turn = 0; turn < 12; turn += 4) {
            assertThat(begun.subList(turn, turn + 4))
                    .as("turn %d of %s", turn, begun)
                    .containsExactlyInAnyOrder("listener0", "listener1", "listener2", "listener3");
        }
    }

    @Test
    void aRunThatFailsGivesItsPermitBack() {
        HandlerPool.Share share = pool.join("a", "a-", 16);
        for (int i = 0; i < 20; i++) {
            share.execute(() -> {
                throw new AssertionError("expected");
            });
        }
        run(share, "a", 6);
        awaitBegun(6);
    }

    @Test
    void afterAnOutageItBeginsWithOneAndDoubles() {
        HandlerPool.Share share = pool.join("a", "a-", 16);
        pool.rampUp();
        run(share, "a", 10);
        awaitBegun(1);
        blocked.get(0).end.countDown();
        awaitBegun(3); // one has ended, two run
        blocked.get(1).end.countDown();
        awaitBegun(6); // two have ended, four run
    }

    @Test
    void aPoolThatIsTooSmallHalvesWhatRuns() {
        HandlerPool.Share share = pool.join("a", "a-", 16);
        List<Blocked> running = run(share, "a", 12);
        awaitBegun(6);
        pool.throttle();
        pool.rampUp(); // the database answers: that says nothing of the pool
        running.subList(0, 4).forEach(each -> each.end.countDown());
        await().until(() -> begun.size() == 7);
        assertThat(pool.free()).isZero();
    }

    @Test
    void handlersThatHangThroughAnOutageDoNotKeepEverybodyElseWaiting() {
        pool = new HandlerPool(6, new CustomizableThreadFactory("pool-test-"), timer, Duration.ofMillis(20));
        run(pool.join("hanging", "hanging-", 2), "hanging", 2);
        awaitBegun(2);
        pool.rampUp();
        run(pool.join("other", "other-", 16), "other", 1);
        await().until(() -> begun.contains("other"));
    }

    @Test
    void aHandlerThatHangsWhileThePoolIsThrottledStopsNobody() {
        pool = new HandlerPool(6, new CustomizableThreadFactory("pool-test-"), timer, Duration.ofMillis(20));
        pool.throttle();
        run(pool.join("hanging", "hanging-", 2), "hanging", 2);
        run(pool.join("other", "other-", 16), "other", 1);
        await().until(() -> begun.contains("other"));
    }

    @Test
    void aClosedShareBeginsNothingAndWaitsForWhatRuns() throws Exception {
        HandlerPool.Share share = pool.join("a", "a-", 1);
        List<Blocked> both = run(share, "a", 2);
        awaitBegun(1);
        share.close();
        assertThat(share.awaitIdle(Duration.ZERO)).isFalse();
        Threads.NEW.execute(both.get(0).end::countDown);
        assertThat(share.awaitIdle(Duration.ofMinutes(1))).isTrue();
        assertThat(begun).hasSize(1);
    }

    @Test
    void permitsLeaveConnectionsToOthersAndCountWhatEachHandlerUses() {
        assertThat(HandlerPool.permits(10, 4, 1)).isEqualTo(6);
        assertThat(HandlerPool.permits(10, 4, 2)).isEqualTo(3);
        assertThat(HandlerPool.permits(3, 4, 1)).isEqualTo(1);
        assertThat(HandlerPool.permits(0, 4, 1)).isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void aThreadThatCannotBeMadeCostsNoPermit() {
        pool.close();
        AtomicBoolean exhausted = new AtomicBoolean(true);
        ThreadFactory threads = new CustomizableThreadFactory("pool-test-");
        pool = new HandlerPool(
                1,
                work -> {
                    if (exhausted.getAndSet(false)) {
                        throw new OutOfMemoryError("unable to create native thread");
                    }
                    return threads.newThread(work);
                },
                timer);
        HandlerPool.Share share = pool.join("listener", "one-", 1);
        assertThatThrownBy(() -> share.execute(new Blocked("first"))).isInstanceOf(OutOfMemoryError.class);
        assertThat(pool.free()).isEqualTo(1);
        Blocked second = new Blocked("second");
        share.execute(second);
        await().until(() -> begun.contains("first"));
        blocked.get(0).end.countDown();
        await().until(() -> begun.contains("second"));
    }
}
