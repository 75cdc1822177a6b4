package io.reliablemessaging.consumer;

import io.reliablemessaging.MessagingSnapshot;
import io.reliablemessaging.permits.DelayedTasks;
import io.reliablemessaging.retry.FailureJudge;
import io.reliablemessaging.retry.FailureKind;
import io.reliablemessaging.text.FailureText;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.timing.Backoff;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.core.NestedExceptionUtils;

/**
 * Lets work wait while something that it needs is away; attempts are not spent. A probe asks at growing intervals whether it
 * is back; then all work that waits goes on at once. Only an answer of what was away ends the outage, never the mere passing
 * of time.
 */
final class OutageQueue {

    private static final Logger log = ReadableLogger.of(OutageQueue.class);
    private static final Duration FIRST_PROBE = Duration.ofMillis(50);

    private final String name;
    private final DelayedTasks timer;
    private final InstantSource clock;
    private final Probe probe;
    private final Predicate<Throwable> explained;
    private final Map<Object, Waiting> waiting = new LinkedHashMap<>();
    private volatile @Nullable State state;
    private volatile boolean distant;
    private @Nullable Object admitted;
    private int number;
    private Backoff backoff;

    /** A piece of work that waits. */
    interface Waiting {

        /**
         * Goes on with the work. Must not block.
         *
         * @return false if there is no work left, for example because its partition was revoked
         */
        boolean resume();
    }

    /** Finds out whether what was away is back. */
    interface Probe {

        /** Asks, without blocking, and tells the outage the answer: {@link #end}, {@link #confirm} or {@link #admitOne}. */
        void ask(OutageQueue outageQueue);

        /** Returns the longest time between two probes. */
        Duration longestDistance();

        /** Is called at the end of an outage that a probe has confirmed, before the work that waits goes on. */
        default void ended() {}
    }

    /**
     * An outage that is on.
     *
     * @param since when it was noticed
     * @param cause the first exception
     * @param confirmed whether a probe has failed, too
     * @param logged whether the log has a line about it
     */
    record State(Instant since, Throwable cause, boolean confirmed, boolean logged) {}

    /**
     * Creates an outage that is off.
     *
     * @param name what may be away, and for which listener, for the log
     */
    OutageQueue(String name, DelayedTasks timer, InstantSource clock, Probe probe) {
        this(name, timer, clock, probe, cause -> false);
    }

    /**
     * Creates an outage that is off.
     *
     * @param explained notes the failure and tells whether an outage that has its own log lines explains it
     */
    OutageQueue(String name, DelayedTasks timer, InstantSource clock, Probe probe, Predicate<Throwable> explained) {
        this.name = name;
        this.timer = timer;
        this.clock = clock;
        this.probe = probe;
        this.backoff = Backoff.of(FIRST_PROBE, probe.longestDistance());
        this.explained = explained;
    }

    /** Returns the outage for health and the endpoint; empty if there is none or no probe has confirmed it. */
    Optional<MessagingSnapshot.Listener.Outage> snapshot() {
        State on = state;
        return on == null || !on.confirmed()
                ? Optional.empty()
                : Optional.of(new MessagingSnapshot.Listener.Outage(
                        name,
                        on.since(),
                        NestedExceptionUtils.getMostSpecificCause(on.cause()).toString()));
    }

    boolean isOn() {
        return state != null;
    }

    /** Tells whether this work may go on: there is no outage, or this work is its trial. */
    boolean admits(Object work) {
        if (state == null) {
            return true;
        }
        synchronized (this) {
            return state == null || work == admitted;
        }
    }

    /**
     * Lets work wait until the end of the outage.
     *
     * @param work what waits; waits once, however often this is called
     * @param waiting goes on with the work; is called at once if there is no outage
     */
    void await(Object work, Waiting waiting) {
        synchronized (this) {
            if (work == admitted) {
                admitted = null;
            }
            if (state != null) {
                this.waiting.put(work, waiting);
                return;
            }
        }
        waiting.resume();
    }

    /** Begins an outage, if there is none, and schedules its first probe. */
    synchronized void begin(Throwable cause) {
        if (state == null) {
            state = new State(clock.instant(), cause, false, false);
            number++;
            probeLater();
        }
    }

    /** Notes that a probe has failed, too. Logs the outage the first time. */
    synchronized void confirm() {
        State on = state;
        if (on == null || on.logged()) {
            return;
        }
        boolean logIt = !explained.test(on.cause());
        state = new State(on.since(), on.cause(), true, logIt);
        if (logIt) {
            // the text of the exception may be a handler's: it is shown within bounds
            log.error(
                    "{} {}. Messages wait until it is back, and no attempt is spent. {}",
                    name,
                    FailureJudge.kindOf(on.cause()) == FailureKind.POOL_EXHAUSTED ? "gives no connection" : "is away",
                    FailureText.of(on.cause()).stackTrace());
        }
    }

    /** Ends the outage, if there is one: all work that waits goes on. */
    void end() {
        if (state != null) {
            endNow();
        }
    }

    /** Notes that work has succeeded with it: the next outage begins with short intervals again. */
    void probeSoon() {
        if (distant) {
            synchronized (this) {
                distant = false;
                backoff = backoff.reset();
            }
        }
    }

    private void endNow() {
        List<Waiting> all;
        State was;
        synchronized (this) {
            was = state;
            if (was == null) {
                return;
            }
            state = null;
            admitted = null;
            if (was.logged()) {
                log.info("{} is back after {}", name, Duration.between(was.since(), clock.instant()));
            }
            all = List.copyOf(waiting.values());
            waiting.clear();
        }
        if (was.confirmed()) {
            probe.ended();
        }
        all.forEach(Waiting::resume);
    }

    /**
     * Lets one piece of work through as the trial of the outage. If none waits, the outage ends: the next message will tell.
     */
    void admitOne() {
        for (Waiting next = admitNext(); next != null; next = admitNext()) {
            if (next.resume()) {
                return;
            }
        }
        end();
    }

    /** Passes the trial on: this work has nothing to do, so it waits again and the next one is let through. */
    void passOn(Object work, Waiting again) {
        synchronized (this) {
            if (state == null || work != admitted) {
                return;
            }
            admitted = null;
        }
        admitOne();
        await(work, again);
    }

    private synchronized @Nullable Waiting admitNext() {
        Iterator<Map.Entry<Object, Waiting>> all = waiting.entrySet().iterator();
        if (state == null || !all.hasNext()) {
            return null;
        }
        Map.Entry<Object, Waiting> next = all.next();
        all.remove();
        admitted = next.getKey();
        return next.getValue();
    }

    private void probeLater() {
        int probed = number;
        timer.schedule(backoff.delay(), "probe of an outage: " + name, () -> probe(probed));
        backoff = backoff.doubled();
        distant = true;
    }

    // the timer of an earlier outage must not probe a later one, which has its own timer
    private void probe(int probed) {
        synchronized (this) {
            if (state == null || probed != number) {
                return;
            }
            probeLater();
        }
        probe.ask(this);
    }

    /** Creates a probe that lets one piece of work through: only a handler can tell whether what it needs is back. */
    static Probe probeByWork() {
        return new Probe() {
            @Override
            public void ask(OutageQueue outageQueue) {
                outageQueue.confirm();
                outageQueue.admitOne();
            }

            @Override
            public Duration longestDistance() {
                return Duration.ofSeconds(15);
            }
        };
    }

    /**
     * Creates a probe that sends a query.
     *
     * @param question sends the query; throws while there is no answer
     * @param threads run the query, which may block
     * @param ended is called at the end of an outage
     */
    static Probe probeByQuestion(Runnable question, Consumer<Runnable> threads, Runnable ended) {
        AtomicBoolean asking = new AtomicBoolean();
        return new Probe() {
            @Override
            public void ask(OutageQueue outageQueue) {
                if (asking.compareAndSet(false, true)) {
                    threads.accept(() -> answer(outageQueue));
                }
            }

            private void answer(OutageQueue outageQueue) {
                try {
                    question.run();
                } catch (RuntimeException e) {
                    outageQueue.confirm();
                    return;
                } finally {
                    asking.set(false);
                }
                outageQueue.end();
            }

            @Override
            public Duration longestDistance() {
                return Duration.ofSeconds(2);
            }

            @Override
            public void ended() {
                ended.run();
            }
        };
    }
}
