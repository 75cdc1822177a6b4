package io.reliablemessaging.relay;

import io.reliablemessaging.text.LoggedFailure;
import io.reliablemessaging.text.ReadableLogger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * That Kafka refuses this application as a producer: no record is to blame, and none could be sent. Nothing is sent but one
 * attempt now and then, so that it mends by itself when the cause is gone.
 */
final class Refusal {

    private static final Logger log = ReadableLogger.of(Refusal.class);

    private volatile @Nullable String cause;
    private volatile @Nullable Hold hold;
    private final AtomicLong taken = new AtomicLong();

    synchronized void by(Exception said) {
        if (cause == null) {
            log.error(
                    "Kafka refuses this application as a producer: {}. Its messages wait in the outbox. Fix its rights or"
                            + " its configuration; it is tried again by itself, in the end every {}",
                    LoggedFailure.line(said),
                    Hold.LONGEST);
        }
        long now = System.nanoTime();
        Hold before = hold;
        hold = before == null ? Hold.first(now) : before.again(now);
        cause = said.getClass().getName() + ": " + said.getMessage();
    }

    /** Kafka has taken a record. */
    void over() {
        taken.incrementAndGet();
        if (cause != null) {
            recovered();
        }
    }

    private synchronized void recovered() {
        if (cause != null) {
            cause = null;
            hold = null;
            log.info("Kafka takes messages of this application again");
        }
    }

    /** How many records Kafka has taken. */
    long taken() {
        return taken.get();
    }

    /** What was said is forgotten, and the next record is tried at once. */
    synchronized void forget() {
        cause = null;
        hold = null;
    }

    /** Whether nothing is to be sent for now. */
    boolean isOn() {
        Hold now = hold;
        return now != null && now.isOn(System.nanoTime());
    }

    /** What Kafka said, until it has taken a record. */
    @Nullable
    String cause() {
        return cause;
    }
}
