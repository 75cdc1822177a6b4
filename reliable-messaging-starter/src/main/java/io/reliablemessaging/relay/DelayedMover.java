package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.DelayedMessages;
import io.reliablemessaging.outbox.OutboxSignal;
import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** Moves delayed messages to the outbox when they are due. Every instance does; each message is moved by one of them. */
final class DelayedMover implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(DelayedMover.class);
    private static final int CHUNK = 1000;
    // a message may be published whose time comes before the next one that we know of
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final DelayedMessages messages;
    private final OutboxSignal signal;
    private final Infrastructure infrastructure;
    private @Nullable ExecutorService thread;
    private volatile Semaphore stop = new Semaphore(0);

    DelayedMover(DelayedMessages messages, OutboxSignal signal, Infrastructure infrastructure) {
        this.messages = messages;
        this.signal = signal;
        this.infrastructure = infrastructure;
    }

    @Override
    public synchronized void start() {
        Semaphore stopped = new Semaphore(0);
        stop = stopped;
        thread = Executors.newSingleThreadExecutor(new CustomizableThreadFactory("rm-delayed-"));
        thread.execute(() -> run(stopped));
    }

    @Override
    public synchronized void stop() {
        stop.release();
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
        return Relay.PHASE + 1; // what is moved can be sent at once
    }

    private void run(Semaphore stopped) {
        FailureLog failures = new FailureLog(
                log,
                Level.WARN,
                infrastructure,
                "Delayed messages cannot be moved; they stay in outbox_delayed",
                "Delayed messages are moved again");
        Duration wait = Duration.ZERO;
        try {
            while (!stopped.tryAcquire(wait.toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    if (messages.move(CHUNK) > 0) {
                        signal.wake();
                        wait = Duration.ZERO;
                    } else {
                        wait = messages.untilNext(LOOK);
                    }
                    failures.worked();
                } catch (Throwable t) { // an Error, too: nobody would start this thread again
                    failures.failed(t);
                    wait = LOOK;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
