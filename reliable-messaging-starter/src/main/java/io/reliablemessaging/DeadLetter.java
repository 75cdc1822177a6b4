package io.reliablemessaging;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A message whose handler has failed in a group, or that waits behind such a message of its key.
 *
 * @param id number of the message among the parked messages and dead letters; messages of a key are handled in the order of these numbers
 * @param group consumer group that failed; other groups are not affected
 * @param topic topic it was read from
 * @param key its key as text, or as {@code \x} and its bytes in hex if it is no text (see {@link OutboxQuarantine})
 * @param messageId identity of the message, the same in all groups and after every redrive
 * @param partition partition it was read from
 * @param offset offset it was read from
 * @param state whether it waits for another attempt or for a person
 * @param attempts failures counted since it was parked or redriven
 * @param errorClass class of the last exception; null if the message only waits behind another one
 * @param errorMessage message of that exception
 * @param publishedAt when it was published; null if that is not known
 * @param parkedAt when it was parked
 * @param changedAt when it last failed, became a dead letter or was redriven
 * @param nextAttemptAt when its key is tried next; null if it is a dead letter or held
 * @param held whether the listener holds its key until a person has decided about a dead letter of this key
 * @param edited whether a person has changed its payload or headers
 * @param redriven how often a person has redriven it
 * @param fingerprint the fault of the last failure, see {@link FailureGroup}; null if the message only waits behind another one, or if an
 *     earlier release has stored the failure
 */
public record DeadLetter(
        long id,
        String group,
        String topic,
        @Nullable String key,
        MessageId messageId,
        int partition,
        long offset,
        State state,
        int attempts,
        @Nullable String errorClass,
        @Nullable String errorMessage,
        @Nullable Instant publishedAt,
        Instant parkedAt,
        Instant changedAt,
        @Nullable Instant nextAttemptAt,
        boolean held,
        boolean edited,
        int redriven,
        @Nullable String fingerprint) {

    /** The state of a parked message or a dead letter. */
    public enum State {
        /** Parked: it waits for its next attempt, or behind an earlier message of its key. */
        WAITING,
        /** A dead letter: it waits for the decision of a person. */
        DEAD
    }
}
