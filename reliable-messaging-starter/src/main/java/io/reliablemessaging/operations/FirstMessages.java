package io.reliablemessaging.operations;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.Delivery;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;

/** Says once in the life of an application that it works: at the first message of each kind. Afterwards it is silent. */
final class FirstMessages implements MessagingObserver {

    private static final Logger log = ReadableLogger.of(FirstMessages.class);

    private final AtomicBoolean published = new AtomicBoolean();
    private final AtomicBoolean sent = new AtomicBoolean();
    private final AtomicBoolean handled = new AtomicBoolean();

    @Override
    public void published(MessageId id, String topic) {
        if (isFirst(published)) {
            log.info("First message published: {} to topic {}", id, topic);
        }
    }

    @Override
    public void sent(Confirmation confirmation, Duration waited) {
        if (isFirst(sent)) {
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
        if (isFirst(handled)) {
            log.info(
                    "First message handled: {} of topic {} by listener {} (group {})",
                    delivery.id(),
                    delivery.topic(),
                    delivery.listener(),
                    delivery.group());
        }
    }

    // read first: it is asked for every message
    private static boolean isFirst(AtomicBoolean told) {
        return !told.get() && told.compareAndSet(false, true);
    }
}
