package io.reliablemessaging.delayed;

import io.reliablemessaging.lanes.EnduringThread;
import io.reliablemessaging.lanes.OutboxSignal;
import io.reliablemessaging.lanes.PollSchedule;
import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.timing.StartPhases;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Moves delayed messages to the outbox when they are due. Every instance runs it; each message is moved by one of them.
 */
public final class DelayedMover implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(DelayedMover.class);
    private static final int CHUNK = 1000;
    // a new message may be due before the next known one, and without a notice
    private static final Duration CHECK_EVERY = Duration.ofSeconds(1);
    private static final Duration BREAK = Duration.ofMillis(50);

    private final DelayedTable messages;
    private final OutboxSignal signal;
    private final PollSchedule pollSchedule;
    private final EnduringThread enduringThread;
    private @Nullable ExecutorService thread;
    private volatile AtomicBoolean running = new AtomicBoolean();
    private Duration wait = Duration.ZERO;

    public DelayedMover(
            DelayedTable messages, OutboxSignal signal, PollSchedule pollSchedule, Infrastructure infrastructure) {
        this.messages = messages;
        this.signal = signal;
        this.pollSchedule = pollSchedule;
        this.enduringThread = new EnduringThread(
                "Delayed messages are not moved to the outbox",
                new FailureLog(
                        log,
                        Level.WARN,
                        infrastructure,
                        "Delayed messages cannot be moved to the outbox; they wait in outbox_delayed, and the move is retried. Check the database",
                        "Delayed messages are moved again"));
    }

    /** Returns the Error that prevents the move of messages; null if there is none. */
    @Nullable
    public String trouble() {
        return enduringThread.trouble();
    }

    @Override
    public synchronized void start() {
        AtomicBoolean runs = new AtomicBoolean(true);
        running = runs;
        CustomizableThreadFactory threads = new CustomizableThreadFactory("rm-delayed-");
        threads.setDaemon(true);
        thread = Executors.newSingleThreadExecutor(threads);
        thread.execute(() -> run(runs));
    }

    @Override
    public synchronized void stop() {
        running.set(false);
        signal.wakeForDelayed();
        if (thread != null) {
            thread.shutdown();
            thread = null;
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return thread != null;
    }

    @Override
    public int getPhase() {
        return StartPhases.DELAYED;
    }

    private void run(AtomicBoolean runs) {
        while (runs.get()) {
            if (!enduringThread.tryRun(this::move)) {
                wait = CHECK_EVERY;
            }
            try {
                // many messages may be delayed one after the other
                signal.awaitDelayed(wait.compareTo(BREAK) > 0 ? wait.minus(BREAK) : Duration.ZERO);
                LockSupport.parkNanos(Math.min(BREAK.toNanos(), wait.toNanos()));
            } catch (InterruptedException e) {
                log.debug("The move of delayed messages was interrupted without a stop and goes on");
            }
        }
    }

    private void move() {
        DelayedTable.Moved moved = messages.move(CHUNK, pollSchedule.slowIntervalOr(CHECK_EVERY));
        wait = moved.untilNext();
        if (moved.messages() > 0) {
            signal.wake();
        }
    }
}
