package io.reliablemessaging.listener;

import io.reliablemessaging.Delivery;
import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.deadletter.DeadLetterRecord;
import io.reliablemessaging.deadletter.FailedMessage;
import io.reliablemessaging.deadletter.ParkedMessages;
import io.reliablemessaging.inbox.Inbox;
import io.reliablemessaging.listener.Delivered.Dead;
import io.reliablemessaging.listener.Delivered.Duplicate;
import io.reliablemessaging.listener.Delivered.Failed;
import io.reliablemessaging.listener.Delivered.Handled;
import io.reliablemessaging.outbox.Outbox;
import io.reliablemessaging.retry.RedeliveryDecision;
import io.reliablemessaging.retry.RedeliveryPolicy;
import io.reliablemessaging.wire.PayloadCodec;
import io.reliablemessaging.wire.WireHeaders;
import io.reliablemessaging.wire.WireMessage;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What happens to one record, in one group:
 *
 * <ol>
 *   <li>a transaction begins and takes charge of the message in the inbox; if that is taken, nothing more is done;
 *   <li>the handler runs in it;
 *   <li>it commits: inbox row, handler's work and handler's own messages together. Dies before: nothing has happened, the
 *       record comes again;
 *   <li>the offset is committed. Dies before: the record comes again and 1. drops it.
 * </ol>
 *
 * <p>If the handler fails, its transaction is rolled back and another one counts the failure; the one that counts the last
 * makes it a dead letter, takes charge in the inbox and publishes the record for the dead-letter topic.
 */
final class DeliveryProtocol {

    private final String group;
    private final Handler handler;
    private final TransactionTemplate handling;
    private final TransactionTemplate counting;
    private final RedeliveryPolicy policy;
    private final Stores stores;

    /**
     * What the protocol writes to, always in the current transaction.
     *
     * @param inbox who has taken charge
     * @param parked failures and dead letters
     * @param outbox where dead-letter records leave
     * @param codec payloads
     */
    record Stores(Inbox inbox, ParkedMessages parked, Outbox outbox, PayloadCodec codec) {}

    DeliveryProtocol(
            String group,
            Handler handler,
            TransactionTemplate handling,
            TransactionTemplate counting,
            RedeliveryPolicy policy,
            Stores stores) {
        this.group = group;
        this.handler = handler;
        this.handling = handling;
        this.counting = counting;
        this.policy = policy;
        this.stores = stores;
    }

    /** Attempt number and end of one delivery. */
    record Result(Delivery delivery, Delivered end) {}

    /**
     * Delivers a record.
     *
     * @throws RuntimeException if it could neither be handled nor its failure be counted: the database is away; the record
     *     must come again
     */
    Result deliver(ConsumerRecord<byte[], byte[]> record, MessageId id) {
        for (int tries = 1; ; tries++) {
            Attempt attempt = new Attempt();
            try {
                Delivered end = Objects.requireNonNull(handling.execute(status -> handle(record, id, attempt)));
                return new Result(delivery(record, id, attempt.number), end);
            } catch (RuntimeException thrown) {
                Throwable cause = HandlerFailedException.unwrapped(thrown);
                if (!attempt.begun) {
                    throw thrown; // not the handler's fault
                }
                if (!policy.runAgain(tries, cause)) {
                    Delivered end = Objects.requireNonNull(counting.execute(status -> count(record, id, cause)));
                    return new Result(delivery(record, id, attempt.number), end);
                }
            }
        }
    }

    /** How far a run of the transaction got, which must be known after it was rolled back. */
    private static final class Attempt {
        private int number;
        private boolean begun;
    }

    private Delivered handle(ConsumerRecord<byte[], byte[]> record, MessageId id, Attempt attempt) {
        if (!stores.inbox().take(group, record.topic(), id)) {
            return new Duplicate();
        }
        int failures = stores.parked().attempts(group, record.topic(), id);
        attempt.number = failures + 1;
        attempt.begun = true;
        handler.handle(message(record, id, attempt.number));
        if (failures > 0) {
            stores.parked().remove(group, record.topic(), id);
        }
        return new Handled();
    }

    private Delivered count(ConsumerRecord<byte[], byte[]> record, MessageId id, Throwable cause) {
        if (!stores.inbox().take(group, record.topic(), id)) {
            return new Duplicate(); // this consumer had lost its partition, and another one was faster
        }
        FailedMessage failed = failed(record, id, cause);
        int attempts = stores.parked().countFailure(failed);
        RedeliveryDecision decision = policy.decide(attempts, cause);
        if (decision instanceof RedeliveryDecision.After after) {
            stores.parked().retryIn(failed, after.delay());
            stores.inbox().handBack(group, record.topic(), id);
            return new Failed(cause, after.delay());
        }
        stores.parked().bury(failed);
        stores.outbox().append(DeadLetterRecord.of(failed, attempts));
        return new Dead(cause, ((RedeliveryDecision.GiveUp) decision).reason());
    }

    private IncomingMessage<?> message(ConsumerRecord<byte[], byte[]> record, MessageId id, int attempt) {
        return new IncomingMessage<>(
                id,
                record.topic(),
                record.partition(),
                record.offset(),
                record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8),
                WireHeaders.asText(record.headers()),
                payload(record),
                attempt,
                publishedAt(record));
    }

    private @Nullable Object payload(ConsumerRecord<byte[], byte[]> record) {
        try {
            return stores.codec().decode(record.topic(), record.headers(), record.value(), handler.payloadType());
        } catch (RuntimeException e) {
            throw new HandlerFailedException(new UnrecoverableMessageException(
                    "The payload cannot be read as %s"
                            .formatted(handler.payloadType().getTypeName()),
                    e));
        }
    }

    private static Instant publishedAt(ConsumerRecord<byte[], byte[]> record) {
        String millis = WireHeaders.text(record.headers(), WireHeaders.PUBLISHED_AT);
        try {
            return Instant.ofEpochMilli(millis == null ? record.timestamp() : Long.parseLong(millis));
        } catch (NumberFormatException e) {
            return Instant.ofEpochMilli(record.timestamp());
        }
    }

    private FailedMessage failed(ConsumerRecord<byte[], byte[]> record, MessageId id, Throwable cause) {
        WireMessage message =
                new WireMessage(id, record.topic(), record.partition(), record.key(), record.value(), record.headers());
        return new FailedMessage(group, message, record.partition(), record.offset(), cause);
    }

    private Delivery delivery(ConsumerRecord<byte[], byte[]> record, MessageId id, int attempt) {
        return new Delivery(group, id, record.topic(), record.partition(), record.offset(), attempt);
    }
}
