package io.reliablemessaging.delivery;

import io.reliablemessaging.Delivery;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.RetryLaterException;
import io.reliablemessaging.delivery.FailurePipeline.Failed;
import io.reliablemessaging.handler.Invocation;
import io.reliablemessaging.retry.RedeliveryPolicy;
import io.reliablemessaging.text.LoggedFailure;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.wire.DeadLetterRecord;
import io.reliablemessaging.wire.ReceivedMessage;
import java.time.Duration;
import org.slf4j.Logger;

/**
 * Logs the outcomes of deliveries and tells observers. A failure is one line: which message, which attempt, why, and what
 * follows. The stack trace follows it at the first attempt and when the message becomes a dead letter.
 */
final class DeliveryReports {

    private static final Logger log = ReadableLogger.of(DeliveryReports.class);

    private final ListenerSettings settings;
    private final MessagingObserver observer;

    DeliveryReports(ListenerSettings settings, MessagingObserver observer) {
        this.settings = settings;
        this.observer = observer;
    }

    void handled(ReceivedMessage message, int attempt) {
        observer.handled(delivery(message, attempt));
    }

    void duplicate(ReceivedMessage message, boolean different) {
        Delivery delivery = delivery(message, 0);
        if (different) {
            log.warn(
                    "{}: it has the id of another message that this group has handled, but not its key or value; it is dropped"
                            + " as a duplicate. Its sender must give each message an id of its own",
                    named(message));
            observer.differentDuplicate(delivery);
        } else if (log.isDebugEnabled()) {
            log.debug("{}: dropped as a duplicate; the group has taken charge of it before", named(message));
        }
        observer.duplicate(delivery);
    }

    void behind(ReceivedMessage message) {
        if (log.isDebugEnabled()) {
            log.debug("{}: it is parked behind an earlier message of its key", named(message));
        }
        observer.waiting(delivery(message, 0));
    }

    void failed(Failed failed, Duration delay) {
        log.warn(
                "{}, {}: {}. Next attempt in {}{}{}",
                named(failed.message()),
                attempt(failed),
                LoggedFailure.line(failed.cause()),
                delay,
                whatWaits(failed.message()),
                isFirst(failed) ? trace(failed) : "");
        observer.failed(delivery(failed.message(), failed.reported()), failed.cause(), delay);
    }

    void dead(Failed failed, int attempts, String reason) {
        ReceivedMessage message = failed.message();
        log.error(
                "{}, {}: {}. It becomes a dead letter: {}. Table parked_message keeps it, and topic {} gets a copy; fix the"
                        + " cause and redrive it, or discard it{}{}",
                named(message),
                attempt(failed),
                LoggedFailure.line(failed.cause()),
                reason,
                DeadLetterRecord.topic(message.message().topic(), message.group()),
                settings.hold() ? ". Later messages of its key wait until then" : "",
                trace(failed));
        observer.dead(delivery(message, attempts), failed.cause());
    }

    void waits(ReceivedMessage message, Throwable cause, Duration delay) {
        if (log.isDebugEnabled()) {
            log.debug("{}: it waits for {}, and nothing was done with it", named(message), delay, cause);
        }
    }

    private String named(ReceivedMessage message) {
        return MessageText.of(settings, message);
    }

    private String attempt(Failed failed) {
        if (!failed.called()) {
            return "handler not called";
        }
        return asksForLater(failed)
                ? "the handler asks for another call"
                : "attempt %d of %d failed".formatted(failed.attempt(), settings.maxAttempts());
    }

    private String whatWaits(ReceivedMessage message) {
        return switch (settings.ordering()) {
            case PARTITION -> "; its partition waits";
            case KEY -> message.message().key() == null ? "" : "; later messages of its key wait behind it";
            case NONE -> "";
        };
    }

    // a handler that asks for another call has not failed
    private static boolean isFirst(Failed failed) {
        return failed.called() && failed.attempt() == 1 && failed.rounds() == 0 && !asksForLater(failed);
    }

    private static boolean asksForLater(Failed failed) {
        return RedeliveryPolicy.caused(failed.cause(), RetryLaterException.class) != null;
    }

    private static String trace(Failed failed) {
        return "\n" + LoggedFailure.trace(failed.cause()).stripTrailing();
    }

    private Delivery delivery(ReceivedMessage message, int attempt) {
        return Invocation.delivery(settings.id(), message, attempt);
    }
}
