package io.reliablemessaging;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A redrive of many dead letters. It is stored in the database and carried on by any instance that has listeners.
 *
 * @param id its number
 * @param createdAt when it was started
 * @param who the person or job that has started it
 * @param reason why
 * @param request which dead letters, and how
 * @param schedule name of the schedule that has started it; null if a person has
 * @param state what it does now
 * @param expected how many dead letters matched when it was started, counted up to 100,000
 * @param picked how many it has redriven
 * @param succeeded how many of these were handled
 * @param failed how many of these became dead letters again
 * @param skipped how many it has left out: they were redriven too often before, or were not dead letters any more
 * @param stopReason why it was stopped; null if it was not
 * @param stoppedBy fingerprint of the failure that has stopped it; null if no failure has
 * @param endedAt when it was done or stopped; null while it runs or is paused
 */
public record RedriveJob(
        long id,
        Instant createdAt,
        String who,
        String reason,
        RedriveRequest request,
        @Nullable String schedule,
        State state,
        int expected,
        long picked,
        long succeeded,
        long failed,
        long skipped,
        @Nullable String stopReason,
        @Nullable String stoppedBy,
        @Nullable Instant endedAt) {

    /** The state of a job. */
    public enum State {
        /** It redrives messages, or waits for the outcome of those that it has redriven. */
        RUNNING,
        /** A person has paused it: it redrives no further message until it is resumed. */
        PAUSED,
        /** It was cancelled, or too many messages have failed again: it redrives no further message. */
        STOPPED,
        /** The outcome of all its messages is known. */
        DONE
    }

    /** Returns how many redriven messages are neither handled nor dead letters again yet. */
    public long open() {
        return picked - succeeded - failed;
    }
}
