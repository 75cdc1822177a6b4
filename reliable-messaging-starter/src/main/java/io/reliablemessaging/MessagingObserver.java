package io.reliablemessaging;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Is told what happens to messages, stage by stage. Every bean of this type is called, after the fact and on the thread
 * that does the work, so an observer must be quick. What it throws has no effect but a
 * line in the log, the first time.
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

    /** So many acknowledged messages have left the outbox together. */
    default void batchSent(int messages) {}

    /** The broker has not taken the message. It stays in the outbox and is sent again, unless it goes into quarantine. */
    default void notSent(MessageId id, String topic, Throwable cause) {}

    /** The broker will never take the message as it is: it holds back its key until a person decides. */
    default void quarantined(MessageId id, String topic, Throwable cause) {}

    /** Another instance has taken over lanes of this one, which had not handed them over: its sending starts anew. */
    default void fenced() {}

    /**
     * The handler has returned or thrown; its transaction has not ended yet.
     *
     * @param took how long it has run
     * @param failure what it has thrown, or null
     */
    default void called(Delivery delivery, Duration took, @Nullable Throwable failure) {}

    /** The handler's transaction has committed. */
    default void handled(Delivery delivery) {}

    /** The group had taken charge of the message before: nothing was done. */
    default void duplicate(Delivery delivery) {}

    /**
     * The group had taken charge of a message with this id before, which had another key or value: nothing was done, and this
     * message is lost for the group. Whoever wrote one of them has copied or made up an id. {@link #duplicate} is told, too.
     */
    default void differentDuplicate(Delivery delivery) {}

    /** The handler failed and its transaction was rolled back; it will be called again after the delay. */
    default void failed(Delivery delivery, Throwable cause, Duration retryIn) {}

    /** The message was put behind an earlier one of its key that failed and waits; its handler was not called. */
    default void waiting(Delivery delivery) {}

    /** The message has become a dead letter of the group. */
    default void dead(Delivery delivery, Throwable cause) {}

    /** A person has had so many dead letters sent to their handlers again, or waiting messages sent sooner. */
    default void redriven(int messages) {}

    /**
     * Combines observers into one that shields the caller, and each observer, from what the others throw.
     *
     * @param observers asked at each event, so that observers may themselves depend on what they observe
     */
    static MessagingObserver all(Supplier<? extends List<MessagingObserver>> observers) {
        return new ShieldedObservers(observers);
    }
}
