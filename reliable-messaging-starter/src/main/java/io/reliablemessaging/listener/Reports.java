package io.reliablemessaging.listener;

import io.reliablemessaging.Delivery;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.deadletter.ReceivedMessage;
import io.reliablemessaging.listener.Delivered.Dead;
import io.reliablemessaging.listener.Delivered.Duplicate;
import io.reliablemessaging.listener.Delivered.Handled;
import io.reliablemessaging.listener.Delivered.Kept;
import io.reliablemessaging.listener.Delivered.Parked;
import io.reliablemessaging.listener.Delivered.Queued;
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
        observer.handled(Invocation.delivery(listener, message, attempt));
    }

    void duplicate(ReceivedMessage message) {
        log.debug(
                "Message {} was taken care of by group {} before",
                message.message().id(),
                message.group());
        observer.duplicate(Invocation.delivery(listener, message, 0));
    }

    void ended(ReceivedMessage message, int attempt, Delivered end) {
        Delivery delivery = Invocation.delivery(listener, message, attempt);
        if (end instanceof Handled) {
            handled(message, attempt);
        } else if (end instanceof Duplicate) {
            duplicate(message);
        } else if (end instanceof Queued) {
            log.debug(
                    "Message {} waits behind an earlier one of its key in group {}",
                    message.message().id(),
                    message.group());
            observer.waiting(delivery);
        } else if (end instanceof Parked parked) {
            failed(delivery, parked.cause(), parked.delay());
        } else if (end instanceof Kept kept) {
            failed(delivery, kept.cause(), kept.delay());
        } else if (end instanceof Dead dead) {
            log.error(
                    "{} failed with {} and is a dead letter: {}. Table parked_message has it with its stack trace",
                    named(delivery),
                    dead.cause().getClass().getName(),
                    dead.reason());
            observer.dead(delivery, dead.cause());
        }
    }

    private void failed(Delivery delivery, Throwable cause, Duration delay) {
        log.warn(
                "{} failed with {}; next attempt in {}",
                named(delivery),
                cause.getClass().getName(),
                delay);
        observer.failed(delivery, cause, delay);
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
