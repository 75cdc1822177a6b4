package io.reliablemessaging;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Is told what happens to messages, stage by stage. Every bean of this type is called after the event, on the thread
 * that does the work, so it must be quick. An exception that it throws has no effect but a line in the log, the first time.
 */
public interface MessagingObserver {

    /** A transaction that published this message has committed: it will reach Kafka. */
    default void published(MessageId id, String topic) {}

    /**
     * The broker has acknowledged the message. A crash may make this happen more than once.
     *
     * @param waited how long after its transaction had stored it
     */
    default void sent(Confirmation confirmation, Duration waited) {}

    /** Messages that the broker has acknowledged were deleted from the outbox, so many in one statement. */
    default void batchSent(int messages) {}

    /** The broker has not taken the message. It stays in the outbox and is sent again, unless it is quarantined. */
    default void notSent(MessageId id, String topic, Throwable cause) {}

    /** The broker will never take the message as it is: it was quarantined, and so are later messages of its key until a person decides. */
    default void quarantined(MessageId id, String topic, Throwable cause) {}

    /** Another instance has taken over lanes that this one had not handed over: this one starts its sending anew. */
    default void fenced() {}

    /**
     * A handler has returned or thrown; its transaction has not ended yet.
     *
     * @param took how long it ran
     * @param failure what it threw; null if it returned
     */
    default void called(Delivery delivery, Duration took, @Nullable Throwable failure) {}

    /** A handler's transaction has committed. */
    default void handled(Delivery delivery) {}

    /** A message was dropped because the group had taken charge of it before. */
    default void duplicate(Delivery delivery) {}

    /**
     * A message was dropped because the group had taken charge of a message with the same id, but with another key or value. This
     * message is lost for the group: the sender of one of them has copied or invented an id. {@link #duplicate} is called, too.
     */
    default void differentDuplicate(Delivery delivery) {}

    /** A handler failed and its transaction was rolled back; it is called again after the delay. */
    default void failed(Delivery delivery, Throwable cause, Duration retryIn) {}

    /** A message was parked behind an earlier one of its key; its handler was not called. */
    default void waiting(Delivery delivery) {}

    /** A message has become a dead letter of the group. */
    default void dead(Delivery delivery, Throwable cause) {}

    /** A person has redriven so many dead letters or parked messages. */
    default void redriven(int messages) {}

    /**
     * This instance has taken a redrive job one step further: it has redriven messages, learned what has become of some, or the job has
     * ended. Commands of people are not reported.
     *
     * @param before the job before the step
     * @param after the job after it
     */
    default void redriveProgressed(RedriveJob before, RedriveJob after) {}
}
