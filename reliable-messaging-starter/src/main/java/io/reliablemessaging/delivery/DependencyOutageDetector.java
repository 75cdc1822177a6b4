package io.reliablemessaging.delivery;

import io.reliablemessaging.retry.RedeliveryPolicy;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.wire.QueueId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Tells an outage of what a handler needs from the failure of a message: many keys in a row fail with one of the configured
 * exceptions, and none succeeds. Bounded by time: a service that never comes back, or a release that fails on every key,
 * must lead to dead letters and not to an endless wait.
 */
final class DependencyOutageDetector {

    private static final Logger log = ReadableLogger.of(DependencyOutageDetector.class);
    private static final int KEYS = 5;

    private final List<Class<? extends Throwable>> exceptions;
    private final Duration longest;
    private final InstantSource clock;
    private final Set<QueueId> met = new HashSet<>();
    private volatile boolean quiet = true;
    private @Nullable Instant since;
    private boolean exhausted;

    DependencyOutageDetector(List<Class<? extends Throwable>> exceptions, Duration longest, InstantSource clock) {
        this.exceptions = List.copyOf(exceptions);
        this.longest = longest;
        this.clock = clock;
    }

    /**
     * Counts a failure.
     *
     * @return whether an outage caused it, so that the message waits and spends no attempt
     */
    synchronized boolean countFailure(Throwable failure, QueueId key) {
        if (exceptions.stream().noneMatch(type -> RedeliveryPolicy.caused(failure, type) != null)) {
            return false;
        }
        quiet = false;
        if (met.size() < KEYS) {
            met.add(key);
        }
        if (met.size() < KEYS) {
            return false;
        }
        if (since == null) {
            since = clock.instant();
        }
        if (clock.instant().isBefore(since.plus(longest))) {
            return true;
        }
        if (!exhausted) {
            exhausted = true;
            log.error(
                    "An outage of what handlers need has lasted longer than max-outage ({}). From now on, failures spend attempts and lead to dead letters; redrive them when it is over",
                    longest,
                    failure);
        }
        return false;
    }

    /** Forgets all failures: a handler has succeeded. */
    void reset() {
        if (!quiet) {
            clear();
        }
    }

    private synchronized void clear() {
        quiet = true;
        met.clear();
        since = null;
        exhausted = false;
    }
}
