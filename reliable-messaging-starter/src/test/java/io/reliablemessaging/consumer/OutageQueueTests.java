package io.reliablemessaging.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.permits.DelayedTasks;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who waits while something is away, and who ends it. */
class OutageQueueTests {

    private final RuntimeException cause = new IllegalStateException("away");

    private final DelayedTasks timer = new DelayedTasks();
    private final List<Object> resumed = new CopyOnWriteArrayList<>();
    private final AtomicBoolean away = new AtomicBoolean(true);
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger ramps = new AtomicInteger();

    @AfterEach
    void close() {
        timer.close();
    }

    private OutageQueue asking() {
        return new OutageQueue(
                "The database",
                timer,
                InstantSource.system(),
                OutageQueue.probeByQuestion(
                        () -> {
                            asked.incrementAndGet();
                            if (away.get()) {
                                throw cause;
                            }
                        },
                        Runnable::run,
                        ramps::incrementAndGet));
    }

    private OutageQueue trying() {
        return new OutageQueue("What shipping needs", timer, InstantSource.system(), OutageQueue.probeByWork());
    }

    private void waitsFor(OutageQueue outageQueue, Object work) {
        outageQueue.await(work, () -> resumed.add(work));
    }

    @Test
    void admitsEverythingWhileItIsNotOn() {
        assertThat(asking().admits("a")).isTrue();
        waitsFor(asking(), "a");
        assertThat(resumed).containsExactly("a");
    }

    @Test
    void everythingGoesOnAtOnceWhenTheDatabaseHasAnswered() {
        OutageQueue outageQueue = asking();
        outageQueue.begin(cause);
        List.of("a", "b", "c").forEach(work -> waitsFor(outageQueue, work));
        assertThat(outageQueue.admits("a")).isFalse();
        await().until(() -> asked.get() >= 2);
        assertThat(resumed).isEmpty();
        assertThat(outageQueue.snapshot()).isPresent();
        away.set(false);
        await().until(() -> resumed.size() == 3);
        assertThat(outageQueue.isOn()).isFalse();
        assertThat(ramps).hasValue(1);
    }

    @Test
    void oneFailureThatNoProbeMeetsIsNoOutageForPeople() {
        away.set(false);
        OutageQueue outageQueue = asking();
        outageQueue.begin(cause);
        assertThat(outageQueue.snapshot()).isEmpty();
        waitsFor(outageQueue, "a");
        await().until(() -> resumed.contains("a"));
        assertThat(ramps).hasValue(0);
    }

    @Test
    void workWaitsOnceHoweverOftenItIsSaid() {
        OutageQueue outageQueue = asking();
        outageQueue.begin(cause);
        waitsFor(outageQueue, "a");
        waitsFor(outageQueue, "a");
        away.set(false);
        await().until(() -> !outageQueue.isOn());
        assertThat(resumed).containsExactly("a");
    }

    @Test
    void outagesThatFollowEachOtherAreProbedByOneTimer() {
        OutageQueue outageQueue = asking();
        for (int i = 0; i < 20; i++) {
            outageQueue.begin(cause);
            outageQueue.end();
            outageQueue.probeSoon();
        }
        outageQueue.begin(cause);
        await().until(() -> asked.get() >= 2);
        assertThat(asked).hasValueLessThan(20);
    }

    @Test
    void whoHasNothingToTryWithLetsTheNextOneTry() {
        timer.close(); // no probe comes in between
        OutageQueue outageQueue = trying();
        outageQueue.begin(cause);
        waitsFor(outageQueue, "a");
        waitsFor(outageQueue, "b");
        outageQueue.admitOne();
        assertThat(resumed).containsExactly("a");
        outageQueue.passOn("a", () -> resumed.add("a again"));
        assertThat(resumed).containsExactly("a", "b");
        assertThat(outageQueue.admits("a")).isFalse();
        assertThat(outageQueue.admits("b")).isTrue();
        outageQueue.end();
        assertThat(resumed).containsExactly("a", "b", "a again");
    }

    @Test
    void itIsOverWhenNobodyHasAnythingToTryWith() {
        timer.close(); // no probe comes in between
        OutageQueue outageQueue = trying();
        outageQueue.begin(cause);
        waitsFor(outageQueue, "a");
        outageQueue.admitOne();
        assertThat(resumed).containsExactly("a");
        outageQueue.passOn("a", () -> resumed.add("a again"));
        assertThat(outageQueue.isOn()).isFalse();
        assertThat(resumed).containsExactly("a", "a again");
    }

    @Test
    void withoutAQuestionOnePieceOfWorkIsLetThroughToTry() {
        OutageQueue outageQueue = trying();
        outageQueue.begin(cause);
        waitsFor(outageQueue, "a");
        waitsFor(outageQueue, "b");
        await().until(() -> resumed.contains("a"));
        assertThat(outageQueue.admits("a")).isTrue();
        assertThat(outageQueue.admits("b")).isFalse();
        outageQueue.end();
        assertThat(resumed).containsExactly("a", "b");
    }

    @Test
    void workThatIsGoneDoesNotCostATry() {
        OutageQueue outageQueue = trying();
        outageQueue.begin(cause);
        outageQueue.await("gone", () -> false);
        waitsFor(outageQueue, "b");
        await().until(() -> resumed.contains("b"));
        assertThat(outageQueue.admits("b")).isTrue();
    }

    @Test
    void itIsOverWhenAllThatWaitedIsGone() {
        OutageQueue outageQueue = trying();
        outageQueue.begin(cause);
        outageQueue.await("gone", () -> false);
        await().atMost(Duration.ofMinutes(1)).until(() -> !outageQueue.isOn());
    }

    @Test
    void whoTriedInVainWaitsAgain() {
        OutageQueue outageQueue = trying();
        outageQueue.begin(cause);
        waitsFor(outageQueue, "a");
        waitsFor(outageQueue, "b");
        await().until(() -> resumed.contains("a"));
        outageQueue.begin(cause);
        waitsFor(outageQueue, "a");
        assertThat(outageQueue.admits("a")).isFalse();
        await().until(() -> resumed.contains("b"));
    }
}
