package io.reliablemessaging.listener;

import io.reliablemessaging.Delivery;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.listener.Delivered.Dead;
import io.reliablemessaging.listener.Delivered.Duplicate;
import io.reliablemessaging.listener.Delivered.Failed;
import io.reliablemessaging.listener.Delivered.Handled;
import io.reliablemessaging.listener.DeliveryProtocol.Result;
import java.time.Duration;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.listener.AcknowledgingMessageListener;
import org.springframework.kafka.support.Acknowledgment;

/** Takes records from Spring Kafka's container, and commits an offset only after the protocol has committed its work. */
final class RecordAdapter implements AcknowledgingMessageListener<byte[], byte[]> {

    private static final Logger log = LoggerFactory.getLogger(RecordAdapter.class);
    private static final Duration PAUSE_AFTER_TROUBLE = Duration.ofSeconds(1);

    private final DeliveryProtocol protocol;
    private final Identity identity;
    private final MessagingObserver observer;
    private final String group;
    private boolean troubled;

    RecordAdapter(DeliveryProtocol protocol, Identity identity, MessagingObserver observer, String group) {
        this.protocol = protocol;
        this.identity = identity;
        this.observer = observer;
        this.group = group;
    }

    @Override
    public void onMessage(ConsumerRecord<byte[], byte[]> record, @Nullable Acknowledgment manual) {
        Acknowledgment acknowledgment = Objects.requireNonNull(manual, "the container acknowledges manually");
        Result result;
        try {
            result = protocol.deliver(record, identity.of(record));
        } catch (RuntimeException e) {
            trouble(e);
            acknowledgment.nack(PAUSE_AFTER_TROUBLE);
            return;
        }
        if (troubled) {
            troubled = false;
            log.info("Group {} works again", group);
        }
        if (result.end() instanceof Failed failed) {
            // the container seeks back, and keeps polling while it waits: a long delay does not cost the partition
            acknowledgment.nack(failed.delay());
        } else {
            acknowledgment.acknowledge();
        }
        report(result.delivery(), result.end());
    }

    private void trouble(RuntimeException e) {
        if (!troubled) {
            troubled = true;
            log.error("Group {} cannot work; no attempt is spent and it tries again every second", group, e);
        }
    }

    private void report(Delivery delivery, Delivered end) {
        if (end instanceof Handled) {
            observer.handled(delivery);
        } else if (end instanceof Duplicate) {
            log.debug("Message {} was handled by group {} before", delivery.id(), group);
            observer.duplicate(delivery);
        } else if (end instanceof Failed failed) {
            log.warn(
                    "{} failed with {}; next attempt in {}",
                    named(delivery),
                    failed.cause().getClass().getName(),
                    failed.delay());
            observer.failed(delivery, failed.cause(), failed.delay());
        } else if (end instanceof Dead dead) {
            log.error(
                    "{} failed with {} and is a dead letter: {}. Table parked_message has it with its stack trace",
                    named(delivery),
                    dead.cause().getClass().getName(),
                    dead.reason());
            observer.dead(delivery, dead.cause());
        }
    }

    private String named(Delivery delivery) {
        return "Message %s (%s-%d@%d), attempt %d of group %s,"
                .formatted(
                        delivery.id(),
                        delivery.topic(),
                        delivery.partition(),
                        delivery.offset(),
                        delivery.attempt(),
                        group);
    }
}
