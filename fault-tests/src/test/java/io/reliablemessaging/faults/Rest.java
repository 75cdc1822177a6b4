package io.reliablemessaging.faults;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.springframework.dao.DataAccessException;

/** Waits as long as there is progress, however slow the machine. */
final class Rest {

    private static final Duration LOOK = Duration.ofMillis(250);
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private Rest() {}

    // what is asked may be one of those that are broken
    private static Object look(Supplier<?> remaining) {
        try {
            return remaining.get();
        } catch (DataAccessException | KafkaException e) {
            return e.toString();
        }
    }

    /**
     * Waits until the supplier says null.
     *
     * @param what what is waited for
     * @param remaining what is still to be done; as long as that changes, there is progress
     */
    static void await(String what, Supplier<?> remaining) {
        Object before = look(remaining);
        long progress = System.nanoTime();
        while (before != null) {
            LockSupport.parkNanos(LOOK.toNanos());
            Object now = look(remaining);
            if (!Objects.equals(now, before)) {
                progress = System.nanoTime();
            } else if (System.nanoTime() - progress > PATIENCE.toNanos()) {
                throw new AssertionError("No progress for %s towards %s; remaining: %s".formatted(PATIENCE, what, now));
            }
            before = now;
        }
    }
}
