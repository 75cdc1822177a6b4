package io.reliablemessaging;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a message is, by what the tables still know: that a message was sent is kept for as long as {@code
 * reliable-messaging.outbox.retention} says (not at all by default), that it was handled for {@code
 * reliable-messaging.inbox.retention}. Of a message that no table knows, Kafka itself is asked: its topics are searched from
 * the time that its id carries.
 *
 * @param id the message
 * @param answer all of it in words
 * @param sending where it is on its way to Kafka; several times if it went to several topics, or was sent again
 * @param handling what the groups of this application have made of it
 */
public record MessageTrace(MessageId id, String answer, List<Sending> sending, List<Handling> handling) {

    /**
     * Where a message is on its way to Kafka.
     *
     * @param stage how far it has come
     * @param topic its topic
     * @param partition the partition it is in, or was published for; null if that is not known
     * @param offset the offset it is at; null if that is not known
     * @param since when it came to this stage; null if that is not known
     * @param dueAt when a delayed one is to be sent; otherwise null
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

        /** How far a message has come. */
        public enum Stage {
            /** It is to be sent later. */
            DELAYED,
            /** It waits for the relay. */
            OUTBOX,
            /** The broker has refused it, or one before it that has the same key. */
            QUARANTINE,
            /** Kafka has it. */
            SENT
        }
    }

    /**
     * What a group has made of a message.
     *
     * @param group the consumer group
     * @param topic the topic it was read from
     * @param state how far it has come
     * @param since when the group took charge of it; null if it has not
     * @param attempts failures counted so far; null if it is done or awaited
     * @param maxAttempts how many there may be; null if it is done, or if this instance has no such listener
     * @param nextAttemptAt when it is tried again; null if it is not, or waits behind another
     * @param deadLetter its {@link DeadLetter#id()}; null if it is done or awaited
     * @param partition the partition it was read from; null if it is done or awaited
     * @param offset the offset it was read from; null if it is done or awaited
     * @param error how it failed last; null if it did not
     * @param actions what people did about it, the first action first: a message that is done now may have been a dead letter
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

        /** How far a message has come. */
        public enum State {
            /** Kafka has it, and this group, which listens to its topic here, has not taken charge of it. */
            AWAITED,
            /** It has taken effect. */
            DONE,
            /** It waits for another attempt, or behind such a one of its key. */
            PARKED,
            /** It is a dead letter, and waits for a person. */
            DEAD
        }
    }
}
