package io.reliablemessaging.delivery;

import io.reliablemessaging.Delivery;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.deadletter.ReceivedMessage;
import io.reliablemessaging.handler.Invocation;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells log and observers how deliveries ended. */
final class Reports {

    private static final Logger log = LoggerFactory.getLogger(Reports.class);

    private final String listener;
    private final MessagingObserver observer;

    Reports(String listener, MessagingObserver observer) {
        this.listener = listener;
        this.observer = observer;
    }

    void handled(ReceivedMessage message, int attempt) {
        observer.handled(delivery(message, attempt));
    }

    void duplicate(ReceivedMessage message, boolean different) {
        Delivery delivery = delivery(message, 0);
        if (different) {
            log.warn(
                    "{} has the id of another message that group {} has handled, but not its key or value; it is dropped as a"
                            + " duplicate. Whoever writes it must give each message an id of its own",
                    named(delivery),
                    message.group());
            observer.differentDuplicate(delivery);
        } else {
            log.debug("{} was taken charge of before", named(delivery));
        }
        observer.duplicate(delivery);
    }

    void behind(ReceivedMessage message) {
        Delivery delivery = delivery(message, 0);
        log.debug("{} is parked behind an earlier message of its key", named(delivery));
        observer.waiting(delivery);
    }

    void failed(ReceivedMessage message, int attempt, Throwable cause, Duration delay) {
        Delivery delivery = delivery(message, attempt);
        log.warn(
                "{} failed with {}; next attempt in {}",
                named(delivery),
                cause.getClass().getName(),
                delay);
        observer.failed(delivery, cause, delay);
    }

    void dead(ReceivedMessage message, int attempt, Throwable cause, String reason) {
        Delivery delivery = delivery(message, attempt);
        log.error(
                "{} failed with {} and is a dead letter: {}. Table parked_message has it with its stack trace",
                named(delivery),
                cause.getClass().getName(),
                reason);
        observer.dead(delivery, cause);
    }

    void waits(ReceivedMessage message, Throwable cause, Duration delay) {
        log.debug("{} waits for {}", named(delivery(message, 0)), delay, cause);
    }

    private Delivery delivery(ReceivedMessage message, int attempt) {
        return Invocation.delivery(listener, message, attempt);
    }

    private static String named(Delivery delivery) {
        return "Message %s (%s-%d@%d), attempt %d of group %s,"
                .formatted(
                        delivery.id(),
                        delivery.topic(),
                        delivery.partition(),
                        delivery.offset(),
                        delivery.attempt(),
                        delivery.group());
    }
}
