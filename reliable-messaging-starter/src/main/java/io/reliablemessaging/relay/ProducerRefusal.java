package io.reliablemessaging.relay;

import io.reliablemessaging.text.LoggedFailure;
import io.reliablemessaging.text.ReadableLogger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Records that Kafka refuses this application as a producer: no record is to blame, and none can be sent. Sending
 * pauses, except for one attempt now and then, so that it recovers by itself when the cause is fixed.
 */
final class ProducerRefusal {

    private static final Logger log = ReadableLogger.of(ProducerRefusal.class);

    private volatile @Nullable String cause;
    private volatile @Nullable TopicHold topicHold;
    private final AtomicLong takenRecords = new AtomicLong();

    synchronized void note(Exception failure) {
        if (cause == null) {
            log.error(
                    "Kafka refuses this application as a producer: {}. Its messages wait in the outbox. Fix its permissions or"
                            + " its configuration; the relay retries by itself, at least every {}",
                    LoggedFailure.line(failure),
                    TopicHold.LONGEST);
        }
        long now = System.nanoTime();
        TopicHold before = topicHold;
        topicHold = before == null ? TopicHold.first(now) : before.again(now);
        cause = failure.getClass().getName() + ": " + failure.getMessage();
    }

    /** Notes that Kafka has taken a record. */
    void noteTaken() {
        takenRecords.incrementAndGet();
        if (cause != null) {
            recovered();
        }
    }

    private synchronized void recovered() {
        if (cause != null) {
            cause = null;
            topicHold = null;
            log.info("Kafka accepts this application as a producer again");
        }
    }

    /** Returns how many records Kafka has taken. */
    long takenRecords() {
        return takenRecords.get();
    }

    /** Forgets the refusal, so that the next record is sent at once. */
    synchronized void forget() {
        cause = null;
        topicHold = null;
    }

    /** Returns whether nothing must be sent for now. */
    boolean isPausing() {
        TopicHold now = topicHold;
        return now != null && now.isOn(System.nanoTime());
    }

    /** Returns why Kafka refuses this application; null once it has taken a record. */
    @Nullable
    String cause() {
        return cause;
    }
}
