package io.reliablemessaging.operations;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.Delivery;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;

/** Logs the first message of each kind, once in the life of an application, to show that it works. */
final class FirstMessages implements MessagingObserver {

    private static final Logger log = ReadableLogger.of(FirstMessages.class);

    private final AtomicBoolean published = new AtomicBoolean();
    private final AtomicBoolean sent = new AtomicBoolean();
    private final AtomicBoolean handled = new AtomicBoolean();

    @Override
    public void published(MessageId id, String topic) {
        if (markTold(published)) {
            log.info("First message published: {} to topic {}", id, topic);
        }
    }

    @Override
    public void sent(Confirmation confirmation, Duration waited) {
        if (markTold(sent)) {
            log.info(
                    "First message sent: {} to topic {} (partition {}, offset {}), after {} in the outbox",
                    confirmation.id(),
                    confirmation.topic(),
                    confirmation.partition(),
                    confirmation.offset(),
                    waited);
        }
    }

    @Override
    public void handled(Delivery delivery) {
        if (markTold(handled)) {
            log.info(
                    "First message handled: {} of topic {} by listener {} (group {})",
                    delivery.id(),
                    delivery.topic(),
                    delivery.listener(),
                    delivery.group());
        }
    }

    // the read comes first, because it is cheap and this runs for every message
    private static boolean markTold(AtomicBoolean told) {
        return !told.get() && told.compareAndSet(false, true);
    }
}
