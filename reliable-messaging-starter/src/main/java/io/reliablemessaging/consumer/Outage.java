package io.reliablemessaging.consumer;

import io.reliablemessaging.MessagingSnapshot;
import io.reliablemessaging.retry.FailureJudge;
import io.reliablemessaging.retry.FailureKind;
import io.reliablemessaging.text.FailureText;
import io.reliablemessaging.text.ReadableLogger;
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
 * Lets work wait while something that it needs is away, and spends no attempts. A probe asks, at growing distances, whether it
 * is back; then everything that waits goes on at once. It is over when what was away has answered, never because nobody
 * asked for a while.
 */
final class Outage {

    private static final Logger log = ReadableLogger.of(Outage.class);
    private static final Duration FIRST_PROBE = Duration.ofMillis(50);

    private final String name;
    private final Delays timer;
    private final InstantSource clock;
    private final Probe probe;
    private final Predicate<Throwable> explained;
    private final Map<Object, Waiting> waiting = new LinkedHashMap<>();
    private volatile @Nullable State state;
    private volatile boolean distant;
    private @Nullable Object admitted;
    private int number;
    private Duration distance = FIRST_PROBE;

    /** Work that waits. */
    interface Waiting {

        /**
         * Goes on, without blocking.
         *
         * @return false if there is nothing to go on with: its partition is gone, for example
         */
        boolean resume();
    }

    /** Finds out whether it is back. */
    interface Probe {

        /** Asks, without blocking, and tells the outage: {@link #over}, {@link #stillAway} or {@link #admitOne}. */
        void ask(Outage outage);

        /** Longest time between two probes. */
        Duration longestDistance();

        /** Is called when an outage is over that a probe had met, before the work that waits goes on. */
        default void over() {}
    }

    /**
     * An outage that lasts.
     *
     * @param since when it was noticed
     * @param cause what was thrown first
     * @param confirmed whether a probe has met it, too
     * @param told whether it has a line in the log
     */
    record State(Instant since, Throwable cause, boolean confirmed, boolean told) {}

    /**
     * Creates one that is not on.
     *
     * @param name what may be away, and for whom, for the log
     */
    Outage(String name, Delays timer, InstantSource clock, Probe probe) {
        this(name, timer, clock, probe, cause -> false);
    }

    /**
     * Creates one that is not on.
     *
     * @param explained whether something else, which has lines in the log of its own, explains the failure
     */
    Outage(String name, Delays timer, InstantSource clock, Probe probe, Predicate<Throwable> explained) {
        this.name = name;
        this.timer = timer;
        this.clock = clock;
        this.probe = probe;
        this.explained = explained;
    }

    /** The outage as people see it; empty while there is none, or only one failure that no probe has met. */
    Optional<MessagingSnapshot.Listener.Outage> seen() {
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

    /** Whether this work may go on: it is not on, or this is the work that was let through to try. */
    boolean admits(Object work) {
        if (state == null) {
            return true;
        }
        synchronized (this) {
            return state == null || work == admitted;
        }
    }

    /**
     * Lets work wait until it is over.
     *
     * @param work what waits; waits once, however often it is said
     * @param waiting goes on; is called at once if it is over already
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

    /** Notes that it may be away. */
    synchronized void begin(Throwable cause) {
        if (state == null) {
            state = new State(clock.instant(), cause, false, false);
            number++;
            probeLater();
        }
    }

    /** A probe has met it, too. */
    synchronized void stillAway() {
        State on = state;
        if (on == null || on.told()) {
            return;
        }
        boolean tell = !explained.test(on.cause());
        state = new State(on.since(), on.cause(), true, tell);
        if (tell) {
            // a handler may have thrown it
            log.error(
                    "{} {}; messages wait, and no attempt is spent. {}",
                    name,
                    FailureJudge.kindOf(on.cause()) == FailureKind.POOL_EXHAUSTED ? "gives no connection" : "is away",
                    FailureText.of(on.cause()).stackTrace());
        }
    }

    /** It has answered: everything that waits goes on. */
    void over() {
        if (state != null) {
            end();
        }
    }

    /** Work was done with it: the next outage is probed soon. */
    void works() {
        if (distant) {
            synchronized (this) {
                distant = false;
                distance = FIRST_PROBE;
            }
        }
    }

    private void end() {
        List<Waiting> all;
        State was;
        synchronized (this) {
            was = state;
            if (was == null) {
                return;
            }
            state = null;
            admitted = null;
            if (was.told()) {
                log.info("{} is back after {}", name, Duration.between(was.since(), clock.instant()));
            }
            all = List.copyOf(waiting.values());
            waiting.clear();
        }
        if (was.confirmed()) {
            probe.over();
        }
        all.forEach(Waiting::resume);
    }

    /** Lets one piece of the work through, to try. If none waits, it is over: the next message will tell. */
    void admitOne() {
        for (Waiting next = admitted(); next != null; next = admitted()) {
            if (next.resume()) {
                return;
            }
        }
        over();
    }

    /** The work that was let through has nothing to try with: it waits again, and the next one is let through. */
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

    private synchronized @Nullable Waiting admitted() {
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
        timer.after(distance, () -> probe(probed));
        Duration doubled = distance.multipliedBy(2);
        Duration longest = probe.longestDistance();
        distance = doubled.compareTo(longest) > 0 ? longest : doubled;
        distant = true;
    }

    // a timer of an earlier outage has no say in a later one, which has a timer of its own
    private void probe(int probed) {
        synchronized (this) {
            if (state == null || probed != number) {
                return;
            }
            probeLater();
        }
        probe.ask(this);
    }

    /** Lets one piece of the work through: nothing else can tell whether what a handler needs is back. */
    static Probe byWork() {
        return new Probe() {
            @Override
            public void ask(Outage outage) {
                outage.stillAway();
                outage.admitOne();
            }

            @Override
            public Duration longestDistance() {
                return Duration.ofSeconds(15);
            }
        };
    }

    /**
     * Asks what is away itself.
     *
     * @param question throws while it is away
     * @param threads runs the question, which may block
     * @param over is called when it has answered
     */
    static Probe byQuestion(Runnable question, Consumer<Runnable> threads, Runnable over) {
        AtomicBoolean asking = new AtomicBoolean();
        return new Probe() {
            @Override
            public void ask(Outage outage) {
                if (asking.compareAndSet(false, true)) {
                    threads.accept(() -> answer(outage));
                }
            }

            private void answer(Outage outage) {
                try {
                    question.run();
                } catch (RuntimeException e) {
                    outage.stillAway();
                    return;
                } finally {
                    asking.set(false);
                }
                outage.over();
            }

            @Override
            public Duration longestDistance() {
                return Duration.ofSeconds(2);
            }

            @Override
            public void over() {
                over.run();
            }
        };
    }
}
