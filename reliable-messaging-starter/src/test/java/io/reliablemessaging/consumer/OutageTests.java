package io.reliablemessaging.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who waits while something is away, and who ends it. */
class OutageTests {

    private final RuntimeException cause = new IllegalStateException("away");

    private final Delays timer = new Delays();
    private final List<Object> resumed = new CopyOnWriteArrayList<>();
    private final AtomicBoolean away = new AtomicBoolean(true);
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger ramps = new AtomicInteger();

    @AfterEach
    void close() {
        timer.close();
    }

    private Outage asking() {
        return new Outage(
                "The database",
                timer,
                InstantSource.system(),
                Outage.probeByQuestion(
                        () -> {
                            asked.incrementAndGet();
                            if (away.get()) {
                                throw cause;
                            }
                        },
                        Runnable::run,
                        ramps::incrementAndGet));
    }

    private Outage trying() {
        return new Outage("What shipping needs", timer, InstantSource.system(), Outage.probeByWork());
    }

    private void waitsFor(Outage outage, Object work) {
        outage.await(work, () -> resumed.add(work));
    }

    @Test
    void admitsEverythingWhileItIsNotOn() {
        assertThat(asking().admits("a")).isTrue();
        waitsFor(asking(), "a");
        assertThat(resumed).containsExactly("a");
    }

    @Test
    void everythingGoesOnAtOnceWhenTheDatabaseHasAnswered() {
        Outage outage = asking();
        outage.begin(cause);
        List.of("a", "b", "c").forEach(work -> waitsFor(outage, work));
        assertThat(outage.admits("a")).isFalse();
        await().until(() -> asked.get() >= 2);
        assertThat(resumed).isEmpty();
        assertThat(outage.snapshot()).isPresent();
        away.set(false);
        await().until(() -> resumed.size() == 3);
        assertThat(outage.isOn()).isFalse();
        assertThat(ramps).hasValue(1);
    }

    @Test
    void oneFailureThatNoProbeMeetsIsNoOutageForPeople() {
        away.set(false);
        Outage outage = asking();
        outage.begin(cause);
        assertThat(outage.snapshot()).isEmpty();
        waitsFor(outage, "a");
        await().until(() -> resumed.contains("a"));
        assertThat(ramps).hasValue(0);
    }

    @Test
    void workWaitsOnceHoweverOftenItIsSaid() {
        Outage outage = asking();
        outage.begin(cause);
        waitsFor(outage, "a");
        waitsFor(outage, "a");
        away.set(false);
        await().until(() -> !outage.isOn());
        assertThat(resumed).containsExactly("a");
    }

    @Test
    void outagesThatFollowEachOtherAreProbedByOneTimer() {
        Outage outage = asking();
        for (int i = 0; i < 20; i++) {
            outage.begin(cause);
            outage.end();
            outage.probeSoon();
        }
        outage.begin(cause);
        await().until(() -> asked.get() >= 2);
        assertThat(asked).hasValueLessThan(20);
    }

    @Test
    void whoHasNothingToTryWithLetsTheNextOneTry() {
        timer.close(); // no probe comes in between
        Outage outage = trying();
        outage.begin(cause);
        waitsFor(outage, "a");
        waitsFor(outage, "b");
        outage.admitOne();
        assertThat(resumed).containsExactly("a");
        outage.passOn("a", () -> resumed.add("a again"));
        assertThat(resumed).containsExactly("a", "b");
        assertThat(outage.admits("a")).isFalse();
        assertThat(outage.admits("b")).isTrue();
        outage.end();
        assertThat(resumed).containsExactly("a", "b", "a again");
    }

    @Test
    void itIsOverWhenNobodyHasAnythingToTryWith() {
        timer.close(); // no probe comes in between
        Outage outage = trying();
        outage.begin(cause);
        waitsFor(outage, "a");
        outage.admitOne();
        assertThat(resumed).containsExactly("a");
        outage.passOn("a", () -> resumed.add("a again"));
        assertThat(outage.isOn()).isFalse();
        assertThat(resumed).containsExactly("a", "a again");
    }

    @Test
    void withoutAQuestionOnePieceOfWorkIsLetThroughToTry() {
        Outage outage = trying();
        outage.begin(cause);
        waitsFor(outage, "a");
        waitsFor(outage, "b");
        await().until(() -> resumed.contains("a"));
        assertThat(outage.admits("a")).isTrue();
        assertThat(outage.admits("b")).isFalse();
        outage.end();
        assertThat(resumed).containsExactly("a", "b");
    }

    @Test
    void workThatIsGoneDoesNotCostATry() {
        Outage outage = trying();
        outage.begin(cause);
        outage.await("gone", () -> false);
        waitsFor(outage, "b");
        await().until(() -> resumed.contains("b"));
        assertThat(outage.admits("b")).isTrue();
    }

    @Test
    void itIsOverWhenAllThatWaitedIsGone() {
        Outage outage = trying();
        outage.begin(cause);
        outage.await("gone", () -> false);
        await().atMost(Duration.ofMinutes(1)).until(() -> !outage.isOn());
    }

    @Test
    void whoTriedInVainWaitsAgain() {
        Outage outage = trying();
        outage.begin(cause);
        waitsFor(outage, "a");
        waitsFor(outage, "b");
        await().until(() -> resumed.contains("a"));
        outage.begin(cause);
        waitsFor(outage, "a");
        assertThat(outage.admits("a")).isFalse();
        await().until(() -> resumed.contains("b"));
    }
}
