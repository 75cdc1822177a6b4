package io.reliablemessaging;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The places where a message is, as far as the tables still know: a sent message is remembered for as long as {@code
 * reliable-messaging.outbox.retention} says (not at all by default), a handled one for {@code
 * reliable-messaging.inbox.retention}. If no table knows the message, the topics on Kafka are searched, from the time in its
 * id on.
 *
 * @param id the message
 * @param answer all of it in sentences
 * @param sending its way to Kafka; several entries if it went to several topics, or was sent again
 * @param handling its state in the groups of this application
 */
public record MessageTrace(MessageId id, String answer, List<Sending> sending, List<Handling> handling) {

    /**
     * The state of a message on its way to Kafka.
     *
     * @param stage how far it has got
     * @param topic its topic
     * @param partition the partition it is in or is meant for; null if that is not known
     * @param offset its offset; null if that is not known
     * @param since when it reached this stage; null if that is not known
     * @param dueAt when a delayed message is to be sent; otherwise null
     * @param error why the broker has refused it; null if it has not
     */
    public record Sending(
            Stage stage,
            String topic,
            @Nullable Integer partition,
            @Nullable Long offset,
            @Nullable Instant since,
            @Nullable Instant dueAt,
            @Nullable String error) {

        /** The stage that a message has reached. */
        public enum Stage {
            /** It is to be sent later. */
            DELAYED,
            /** It waits for the relay. */
            OUTBOX,
            /** It is quarantined: the broker has refused it, or an earlier message with the same key. */
            QUARANTINE,
            /** Kafka has written it. */
            SENT
        }
    }

    /**
     * The state of a message in a group.
     *
     * @param group the consumer group
     * @param topic the topic it was read from
     * @param state how far it has got
     * @param since when the group took charge of it; null if it has not
     * @param attempts failures counted so far; null if it is done or awaited
     * @param maxAttempts how many attempts it has in all; null if it is done, or if this instance has no such listener
     * @param nextAttemptAt when it is tried again; null if that is not planned, or if it waits behind another message
     * @param deadLetter its {@link DeadLetter#id()}; null if it is done or awaited
     * @param partition the partition it was read from; null if it is done or awaited
     * @param offset the offset it was read from; null if it is done or awaited
     * @param error its last failure; null if it has not failed
     * @param actions what people did to it, the first action first; a message that is done may have been a dead letter before
     */
    public record Handling(
            String group,
            String topic,
            State state,
            @Nullable Instant since,
            @Nullable Integer attempts,
            @Nullable Integer maxAttempts,
            @Nullable Instant nextAttemptAt,
            @Nullable Long deadLetter,
            @Nullable Integer partition,
            @Nullable Long offset,
            @Nullable String error,
            List<DeadLetterDetails.Action> actions) {

        /** The state of a message in a group. */
        public enum State {
            /** Kafka has it; this group, which listens to its topic here, has not taken charge of it. */
            AWAITED,
            /** It has taken effect. */
            DONE,
            /** It waits for another attempt, or behind an earlier message of its key that does. */
            PARKED,
            /** It is a dead letter, and waits for the decision of a person. */
            DEAD
        }
    }
}
