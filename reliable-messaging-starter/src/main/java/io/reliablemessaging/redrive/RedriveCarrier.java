package io.reliablemessaging.redrive;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.deadletter.ParkedSignal;
import io.reliablemessaging.inbox.ListeningGroups;
import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.redrive.RedriveStep.Taken;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.timing.PeriodicTask;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.context.SmartLifecycle;

/** Takes the steps of redrive jobs that are due, in every instance that has listeners. Can be started again. */
final class RedriveCarrier implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(RedriveCarrier.class);

    // the database is asked less often while there is no job, see untilNextQuestion
    private static final Duration EVERY = Duration.ofMillis(250);
    private static final double LONGEST = 5;

    private static final Duration PURGE_EVERY = Duration.ofHours(1);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

    private final RedriveJobTable jobs;
    private final RedriveStep step;
    private final Listening listening;
    private final Duration retention;
    private final FailureLog failures;
    private final PeriodicTask task;
    private final Runnable begin = this::workFromNowOn;
    private volatile boolean woken;
    private long nextQuestion;
    private long nextPurge = System.nanoTime() + PURGE_EVERY.toNanos();
    private boolean running;

    /** What connects the jobs with the listeners of this instance. */
    record Listening(ListeningGroups groups, ParkedSignal parked, JobSignal jobs, MessagingObserver observer) {}

    RedriveCarrier(
            RedriveJobTable jobs,
            RedriveStep step,
            Listening listening,
            Duration retention,
            Infrastructure infrastructure) {
        this.jobs = jobs;
        this.step = step;
        this.listening = listening;
        this.retention = retention;
        this.failures = new FailureLog(
                log,
                Level.WARN,
                infrastructure,
                "Redrive jobs cannot go on in this instance; trying again every few seconds",
                "Redrive jobs go on in this instance");
        this.task = new PeriodicTask("rm-redrive", EVERY, this::work, this::failed);
    }

    @Override
    public synchronized void start() {
        running = true;
        listening.jobs().onWake(this::wake);
        listening.groups().onFirst(begin);
    }

    // dead letters of an application without listeners would be redriven for nobody
    private synchronized void workFromNowOn() {
        if (running) {
            task.start();
        }
    }

    private void wake() {
        woken = true;
        task.runSoon();
    }

    private void work() {
        if (!woken && System.nanoTime() - nextQuestion < 0) {
            return;
        }
        woken = false; // first: what is started during the question needs another one
        double seconds = jobs.untilNextStep().orElse(LONGEST);
        while (seconds <= 0 && task.isRunning()) {
            Optional<Taken> taken = step.take();
            if (taken.isEmpty()) {
                break; // another instance takes it
            }
            report(taken.get());
            seconds = jobs.untilNextStep().orElse(LONGEST);
        }
        ask(Math.min(seconds, LONGEST));
        forgetOldJobs();
        failures.worked();
    }

    private void forgetOldJobs() {
        if (System.nanoTime() - nextPurge >= 0) {
            nextPurge = System.nanoTime() + PURGE_EVERY.toNanos();
            log.debug("Deleted {} redrive jobs that ended more than {} ago", jobs.purge(retention), retention);
        }
    }

    private void failed(Throwable failure) {
        ask(LONGEST / 5);
        failures.failed(failure);
    }

    private void ask(double seconds) {
        nextQuestion = System.nanoTime() + (long) (1e9 * seconds);
    }

    private void report(Taken taken) {
        if (taken.redriven() > 0) {
            listening.parked().wake();
            listening.observer().redriven(taken.redriven());
        }
        if (taken.hasChanged()) {
            listening.observer().redriveProgressed(taken.before(), taken.after());
        }
        if (taken.hasEnded()) {
            log.info("{}", taken.summary());
        }
    }

    /** Stops. The step that is being taken may take five seconds to end. */
    @Override
    public synchronized void stop() {
        running = false;
        task.stop(STOP_LIMIT);
    }

    @Override
    public synchronized boolean isRunning() {
        return running;
    }
}
