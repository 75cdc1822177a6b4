package io.reliablemessaging.timing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Runs at intervals, survives what a run throws, and stops within a limit. */
@Timeout(30)
class PeriodicTaskTests {

    private static final Duration INTERVAL = Duration.ofHours(1);
    private static final Duration LONG = Duration.ofSeconds(20);

    private final List<Scheduler> schedulers = new ArrayList<>();
    private final List<Throwable> reported = new CopyOnWriteArrayList<>();
    private final List<PeriodicTask> tasks = new ArrayList<>();
    private int runs;
    private boolean runsAtOnce;

    @AfterEach
    void stop() {
        tasks.forEach(PeriodicTask::stop);
    }

    /** Runs what is scheduled when the test says that its time has come, on the thread of the test. */
    private final class Scheduler extends ScheduledThreadPoolExecutor {

        private final List<Runnable> soon = new ArrayList<>();
        private @Nullable Runnable periodic;
        private boolean refuses;
        private Duration delay = Duration.ZERO;
        private Duration interval = Duration.ZERO;

        Scheduler(ThreadFactory threads) {
            super(0, threads);
            schedulers.add(this);
        }

        @Override
        public ScheduledFuture<?> scheduleWithFixedDelay(Runnable work, long first, long between, TimeUnit unit) {
            periodic = work;
            delay = Duration.of(first, unit.toChronoUnit());
            interval = Duration.of(between, unit.toChronoUnit());
            if (runsAtOnce) {
                work.run();
            }
            return super.schedule(() -> {}, 1, TimeUnit.DAYS);
        }

        @Override
        public void execute(Runnable work) {
            if (refuses) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            soon.add(work);
        }

        void runPeriodic() {
            Objects.requireNonNull(periodic).run();
        }

        void runSoon() {
            List<Runnable> due = List.copyOf(soon);
            soon.clear();
            due.forEach(Runnable::run);
        }
    }

    private PeriodicTask scheduled(Runnable work) {
        return add(new PeriodicTask("task", INTERVAL, work, reported::add, Scheduler::new));
    }

    private PeriodicTask onItsThread(Runnable work) {
        return add(new PeriodicTask("task", INTERVAL, work, reported::add));
    }

    private PeriodicTask add(PeriodicTask task) {
        tasks.add(task);
        return task;
    }

    private Scheduler scheduler() {
        return schedulers.get(schedulers.size() - 1);
    }

    private void count() {
        runs++;
    }

    @Test
    void runsAtOnceAndThenAtIntervals() {
        scheduled(this::count).start();
        assertThat(scheduler().delay).isZero();
        assertThat(scheduler().interval).isEqualTo(INTERVAL);
        scheduler().runPeriodic();
        scheduler().runPeriodic();
        assertThat(runs).isEqualTo(2);
    }

    @Test
    void theFirstRunFindsTheTaskRunning() {
        runsAtOnce = true;
        List<Boolean> running = new ArrayList<>();
        PeriodicTask[] task = new PeriodicTask[1];
        task[0] = scheduled(() -> running.add(task[0].isRunning()));
        task[0].start();
        assertThat(running).containsExactly(true);
    }

    @Test
    void runsAfterAnIntervalWhereThatIsWanted() {
        scheduled(this::count).startAfterInterval();
        assertThat(scheduler().delay).isEqualTo(INTERVAL);
        assertThat(scheduler().interval).isEqualTo(INTERVAL);
    }

    @Test
    void startingItTwiceStartsItOnce() {
        PeriodicTask task = scheduled(this::count);
        task.start();
        task.start();
        task.startAfterInterval();
        assertThat(schedulers).hasSize(1);
    }

    @Test
    void requestsThatWaitShareOneRun() {
        PeriodicTask task = scheduled(this::count);
        task.start();
        task.runSoon();
        task.runSoon();
        scheduler().runSoon();
        assertThat(runs).isEqualTo(1);
    }

    @Test
    void aRequestDuringARunHasARunOfItsOwn() {
        PeriodicTask[] task = new PeriodicTask[1];
        task[0] = scheduled(() -> {
            count();
            if (runs == 1) {
                task[0].runSoon();
            }
        });
        task[0].start();
        task[0].runSoon();
        scheduler().runSoon();
        scheduler().runSoon();
        scheduler().runSoon();
        assertThat(runs).isEqualTo(2);
    }

    @Test
    void aRequestBeforeTheStartOrAfterTheStopHasNoEffect() {
        PeriodicTask task = scheduled(this::count);
        task.runSoon();
        task.start();
        task.runSoon();
        task.stop();
        task.runSoon();
        scheduler().runSoon();
        scheduler().runPeriodic();
        assertThat(runs).isZero();
    }

    @Test
    void aRequestThatCannotBePlannedLeavesRoomForTheNext() {
        PeriodicTask task = scheduled(this::count);
        task.start();
        scheduler().refuses = true;
        assertThatThrownBy(task::runSoon).isInstanceOf(OutOfMemoryError.class);
        scheduler().refuses = false;
        task.runSoon();
        scheduler().runSoon();
        assertThat(runs).isEqualTo(1);
    }

    @Test
    void aRunThatThrowsIsReportedOnceAndTheNextOneRuns() {
        RuntimeException exception = new IllegalStateException("exception");
        Error error = new NoClassDefFoundError("error");
        scheduled(() -> {
                    count();
                    if (runs == 1) {
                        throw exception;
                    }
                    if (runs == 2) {
                        throw error;
                    }
                })
                .start();
        for (int i = 0; i < 3; i++) {
            scheduler().runPeriodic();
        }
        assertThat(runs).isEqualTo(3);
        assertThat(reported).containsExactly(exception, error);
    }

    @Test
    void aReportThatThrowsDoesNotEndItEither() {
        PeriodicTask task = add(new PeriodicTask(
                "task",
                INTERVAL,
                () -> {
                    count();
                    throw new IllegalStateException("the run");
                },
                thrown -> {
                    throw new NoClassDefFoundError("the report");
                },
                Scheduler::new));
        task.start();
        scheduler().runPeriodic();
        scheduler().runPeriodic();
        assertThat(runs).isEqualTo(2);
    }

    @Test
    void itsThreadIsADaemonWithItsName() throws InterruptedException {
        CountDownLatch ran = new CountDownLatch(1);
        List<Thread> threads = new CopyOnWriteArrayList<>();
        PeriodicTask task = onItsThread(() -> {
            threads.add(Thread.currentThread());
            ran.countDown();
        });
        task.start();
        ran.await();
        assertThat(threads.get(0).isDaemon()).isTrue();
        assertThat(threads.get(0).getName()).isEqualTo("task-1");
    }

    @Test
    void stoppingWaitsForTheCurrentRun() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch stopping = new CountDownLatch(1);
        List<String> events = new CopyOnWriteArrayList<>();
        PeriodicTask task = onItsThread(() -> {
            begun.countDown();
            awaitUninterrupted(stopping, events);
            events.add("run ended");
        });
        task.start();
        begun.await();
        Thread stopper = new Thread(() -> {
            task.stop(LONG);
            events.add("stop returned");
        });
        stopper.start();
        while (task.isRunning()) {
            Thread.onSpinWait();
        }
        stopping.countDown();
        stopper.join();
        assertThat(events).containsExactly("run ended", "stop returned");
    }

    @Test
    void stoppingInterruptsARunThatOutlastsTheLimit() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        List<String> events = new CopyOnWriteArrayList<>();
        PeriodicTask task = onItsThread(() -> {
            begun.countDown();
            awaitUninterrupted(new CountDownLatch(1), events);
            ended.countDown();
            throw new IllegalStateException("what it needs is closed by now");
        });
        task.start();
        begun.await();
        task.stop(Duration.ofMillis(1));
        ended.await();
        assertThat(events).containsExactly("interrupted");
        assertThat(task.isRunning()).isFalse();
        assertThat(reported).isEmpty();
    }

    private static void awaitUninterrupted(CountDownLatch latch, List<String> events) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            events.add("interrupted");
        }
    }

    @Test
    void aStopThatIsInterruptedInterruptsTheRunAndReturns() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        List<String> events = new CopyOnWriteArrayList<>();
        PeriodicTask task = onItsThread(() -> {
            begun.countDown();
            awaitUninterrupted(new CountDownLatch(1), events);
            ended.countDown();
        });
        task.start();
        begun.await();
        Thread.currentThread().interrupt();
        task.stop(LONG);
        assertThat(Thread.interrupted()).isTrue();
        ended.await();
        assertThat(events).containsExactly("interrupted");
    }

    @Test
    void aRunMayStopTheTask() throws InterruptedException {
        CountDownLatch ended = new CountDownLatch(1);
        List<Boolean> interrupted = new CopyOnWriteArrayList<>();
        PeriodicTask[] task = new PeriodicTask[1];
        task[0] = onItsThread(() -> {
            task[0].stop(LONG);
            interrupted.add(Thread.currentThread().isInterrupted());
            ended.countDown();
        });
        task[0].start();
        ended.await();
        assertThat(interrupted).containsExactly(false);
        assertThat(task[0].isRunning()).isFalse();
    }

    @Test
    void canBeStartedAgain() {
        PeriodicTask task = scheduled(this::count);
        task.start();
        scheduler().runPeriodic();
        task.stop();
        assertThat(task.isRunning()).isFalse();
        task.start();
        assertThat(task.isRunning()).isTrue();
        assertThat(schedulers).hasSize(2);
        scheduler().runPeriodic();
        assertThat(runs).isEqualTo(2);
    }

    @Test
    void aRunOfAnEarlierStartIsNotRunAfterTheNext() {
        PeriodicTask task = scheduled(this::count);
        task.start();
        Scheduler earlier = scheduler();
        task.stop();
        task.start();
        earlier.runPeriodic();
        assertThat(runs).isZero();
    }
}
