package io.reliablemessaging;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Is told what happens to messages, stage by stage. Every bean of this type is called, after the fact and on the thread
 * that does the work, so an observer must be quick. What it throws is logged and has no other effect.
 */
public interface MessagingObserver {

    /** A transaction that published this message has committed: it will reach Kafka. */
    default void published(MessageId id, String topic) {}

    /** The broker has acknowledged the message. A crash may make this happen more than once. */
    default void sent(Confirmation confirmation) {}

    /** The handler's transaction has committed. */
    default void handled(Delivery delivery) {}

    /** The group had taken charge of the message before: nothing was done. */
    default void duplicate(Delivery delivery) {}

    /** The handler failed and its transaction was rolled back; it will be called again after the delay. */
    default void failed(Delivery delivery, Throwable cause, Duration retryIn) {}

    /** The message was put behind an earlier one of its key that failed and waits; its handler was not called. */
    default void waiting(Delivery delivery) {}

    /** The message has become a dead letter of the group. */
    default void dead(Delivery delivery, Throwable cause) {}

    /**
     * Combines observers into one that shields the caller, and each observer, from what the others throw.
     *
     * @param observers asked at each event, so that observers may themselves depend on what they observe
     */
    static MessagingObserver all(Supplier<? extends List<MessagingObserver>> observers) {
        Logger log = LoggerFactory.getLogger(MessagingObserver.class);
        Consumer<Consumer<MessagingObserver>> each = event -> observers.get().forEach(observer -> {
            try {
                event.accept(observer);
            } catch (RuntimeException e) {
                log.warn(
                        "Observer {} failed; the message is not affected",
                        observer.getClass().getName(),
                        e);
            }
        });
        return new MessagingObserver() {
            @Override
            public void published(MessageId id, String topic) {
                each.accept(observer -> observer.published(id, topic));
            }

            @Override
            public void sent(Confirmation confirmation) {
                each.accept(observer -> observer.sent(confirmation));
            }

            @Override
            public void handled(Delivery delivery) {
                each.accept(observer -> observer.handled(delivery));
            }

            @Override
            public void duplicate(Delivery delivery) {
                each.accept(observer -> observer.duplicate(delivery));
            }

            @Override
            public void failed(Delivery delivery, Throwable cause, Duration retryIn) {
                each.accept(observer -> observer.failed(delivery, cause, retryIn));
            }

            @Override
            public void waiting(Delivery delivery) {
                each.accept(observer -> observer.waiting(delivery));
            }

            @Override
            public void dead(Delivery delivery, Throwable cause) {
                each.accept(observer -> observer.dead(delivery, cause));
            }
        };
    }
}
