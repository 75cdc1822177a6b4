package io.reliablemessaging.listener;

import io.reliablemessaging.MessagingSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedExceptionUtils;

/**
 * Something that all need is away. Work waits here and spends no attempts; one piece after the other is let through, at
 * growing distances, to try. The first that succeeds lets all others go on.
 */
final class Outage {

    private static final Logger log = LoggerFactory.getLogger(Outage.class);
    private static final Duration FIRST_PROBE = Duration.ofMillis(500);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(15);

    private final String name;
    private final Delays timer;
    private final InstantSource clock;
    private final Set<Work> waiting = new LinkedHashSet<>();
    private volatile @Nullable State state;
    private @Nullable Work probe;
    private Duration distance = FIRST_PROBE;

    /** What waits. */
    interface Work {
        /** Goes on, on a thread of its own. */
        void resume();
    }

    /**
     * An outage that lasts.
     *
     * @param since when it was noticed
     * @param cause what was thrown first
     */
    record State(Instant since, Throwable cause) {}

    /**
     * Makes it.
     *
     * @param name what may be away, and for whom, for the log
     */
    Outage(String name, Delays timer, InstantSource clock) {
        this.name = name;
        this.timer = timer;
        this.clock = clock;
    }

    Optional<State> state() {
        return Optional.ofNullable(state);
    }

    /** The same, as people see it. */
    Optional<MessagingSnapshot.Listener.Outage> seen() {
        return state().map(on -> new MessagingSnapshot.Listener.Outage(
                name,
                on.since(),
                NestedExceptionUtils.getMostSpecificCause(on.cause()).toString()));
    }

    boolean isOn() {
        return state != null;
    }

    /** Whether this piece of work must wait; if so, it is run again when it is its turn. */
    boolean holds(Work work) {
        if (state == null) {
            return false;
        }
        synchronized (this) {
            if (state == null || work == probe) {
                return false;
            }
            waiting.add(work);
            return true;
        }
    }

    /** This piece of work could not be done; it is run again when it is its turn. */
    synchronized void met(Throwable cause, Work work) {
        waiting.add(work);
        if (work == probe) {
            probe = null;
        }
        if (state == null) {
            state = new State(clock.instant(), cause);
            distance = FIRST_PROBE;
            log.error("{} is away; messages wait, and no attempt is spent", name, cause);
            probeLater();
        }
    }

    /** Some work has been done. */
    void over() {
        if (state != null) {
            end();
        }
    }

    private synchronized void end() {
        State was = state;
        if (was == null) {
            return;
        }
        state = null;
        probe = null;
        log.info("{} holds no messages back any more, after {}", name, Duration.between(was.since(), clock.instant()));
        List<Work> all = List.copyOf(waiting);
        waiting.clear();
        all.forEach(Work::resume);
    }

    private void probeLater() {
        timer.after(distance, this::nextProbe);
    }

    private synchronized void nextProbe() {
        if (state == null) {
            return;
        }
        Iterator<Work> next = waiting.iterator();
        if (!next.hasNext()) {
            end(); // nobody waits: the next message will tell
            return;
        }
        probe = next.next();
        next.remove();
        probe.resume();
        Duration doubled = distance.multipliedBy(2);
        distance = doubled.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : doubled;
        probeLater();
    }
}
