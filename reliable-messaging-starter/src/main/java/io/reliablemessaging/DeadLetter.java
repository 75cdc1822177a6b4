package io.reliablemessaging;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A message that a group has failed at, or that waits behind such a one of its key.
 *
 * @param id its number among the dead letters; messages of a key are handled in the order of these
 * @param group consumer group that failed; the other groups are not concerned
 * @param topic topic it was read from
 * @param key its key as text, or as {@code \x} and its bytes in hex if it is no text (see {@link OutboxQuarantine})
 * @param messageId identity of the message, the same in all groups and after every redrive
 * @param partition partition it was read from
 * @param offset offset it was read from
 * @param state whether it waits for another attempt or for a person
 * @param attempts failures counted since it was parked or redriven
 * @param errorClass class of the last exception; null if it only waits behind another message
 * @param errorMessage what that exception said
 * @param publishedAt when it was published, if that is known
 * @param parkedAt when it was set aside
 * @param changedAt when it last failed, died or was redriven
 * @param nextAttemptAt when its key is tried next; null if it is dead or held
 * @param held whether the listener holds its key until a person has decided about a dead letter of it
 * @param edited whether a person has changed its payload
 * @param redriven how often a person has sent it again
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
        int redriven) {

    /** What a message that was set aside waits for. */
    public enum State {
        /** For its next attempt, or for those before it. */
        WAITING,
        /** For a person. */
        DEAD
    }
}
