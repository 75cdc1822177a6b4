package io.reliablemessaging.consumer;

import io.reliablemessaging.delivery.ConsumerDiedException;
import io.reliablemessaging.delivery.DeliveryAnswer;
import io.reliablemessaging.delivery.DeliveryAnswer.AwaitOutage;
import io.reliablemessaging.delivery.DeliveryAnswer.Finished;
import io.reliablemessaging.delivery.DeliveryAnswer.RetryAfter;
import io.reliablemessaging.delivery.LiveMessage;
import io.reliablemessaging.lines.LineEntry;
import io.reliablemessaging.lines.MemoryBudget;
import io.reliablemessaging.lines.OffsetSpan;
import io.reliablemessaging.permits.HandlerPool;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.wire.ReceivedMessage;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;

/** Delivers a record that this member of a share group has acquired, until the group has taken charge of it. */
final class ShareWork {

    private static final Logger log = ReadableLogger.of(ShareWork.class);
    private static final Duration LATER_DELAY = Duration.ofSeconds(1);
    private static final DeliveryAnswer LATER = new RetryAfter(LATER_DELAY, false);
    private static final int TRIES = 2;

    private final Context context;
    private final LineEntry entry;
    private final Runnable ended;
    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);

    private enum State {
        WAITING(AcknowledgeType.RENEW),
        RUNNING(AcknowledgeType.RENEW),
        DONE(AcknowledgeType.ACCEPT),
        WITHDRAWN(AcknowledgeType.RELEASE),
        // after an Error: this process must not get the record again
        LEFT(AcknowledgeType.RENEW);

        private final AcknowledgeType acknowledgement;

        State(AcknowledgeType acknowledgement) {
            this.acknowledgement = acknowledgement;
        }
    }

    /**
     * The collaborators that the delivery of acquired records needs.
     *
     * @param services the listener's parts
     * @param share runs the listener's handlers
     * @param memory counts the records in work
     * @param deliveries how often the cluster delivers a record before it archives it
     * @param horizons know which records the inbox may have forgotten
     */
    record Context(
            ConsumerServices services,
            HandlerPool.Share share,
            MemoryBudget.Account memory,
            int deliveries,
            ShareGroupHorizons horizons) {}

    /**
     * Creates work that is not started.
     *
     * @param ended is called once, when the record is no longer in work
     */
    ShareWork(Context context, ConsumerRecord<byte[], byte[]> record, Runnable ended) {
        this.context = context;
        this.entry = new LineEntry(record, OffsetSpan.UNTRACKED, false);
        this.ended = ended;
        context.memory().add(entry.bytes());
    }

    /** Tells whether the group has taken charge of the record. */
    boolean isDone() {
        return state.get() == State.DONE;
    }

    /** Tells whether it is running or waits to run. */
    boolean isInWork() {
        State now = state.get();
        return now == State.WAITING || now == State.RUNNING;
    }

    /** Returns the acknowledgement that fits its state now. */
    AcknowledgeType acknowledgement() {
        return Objects.requireNonNull(state.get()).acknowledgement;
    }

    /** Delivers the record as soon as a permit is free. */
    void start() {
        context.share().execute(this::run);
    }

    /**
     * Releases the record if its delivery has not started. Keeps a record that was delivered so often that the cluster might
     * archive it.
     */
    void withdraw() {
        if (!isDeliveredTooOften()) {
            end(State.WAITING, State.WITHDRAWN);
        }
    }

    private boolean resume() {
        start();
        return true;
    }

    private void run() {
        if (!state.compareAndSet(State.WAITING, State.RUNNING) && state.get() != State.RUNNING) {
            return; // released or abandoned while it waited
        }
        if (!context.services().mayHandle() && !isDeliveredTooOften()) {
            end(State.RUNNING, State.WITHDRAWN); // also a retry: it comes again when the listener goes on
            return;
        }
        OutageQueues outages = context.services().outages();
        OutageQueue away = outages.blocking(this);
        if (away != null) {
            away.await(this, this::resume);
            return;
        }
        DeliveryAnswer deliveryAnswer = deliverGuarded();
        if (state.get() != State.RUNNING) {
            return;
        }
        deliveryAnswer.on(new EndOfRun());
    }

    /** Ends a run as its answer says. */
    private final class EndOfRun implements DeliveryAnswer.Cases {

        private final OutageQueues outages = context.services().outages();

        @Override
        public void finished(Finished finished) {
            outages.noteAnswer(finished);
            end(State.RUNNING, State.DONE);
        }

        @Override
        public void retryAfter(RetryAfter retry) {
            outages.noteAnswer(retry);
            context.services().timer().schedule(retry.delay(), "retry of " + entry.place(), ShareWork.this::start);
        }

        @Override
        public void awaitOutage(AwaitOutage outage) {
            entry.countOutageFailure();
            outages.begin(outage).await(ShareWork.this, ShareWork.this::resume);
        }
    }

    private DeliveryAnswer deliverGuarded() {
        ConsumerServices services = context.services();
        try {
            return deliver(services);
        } catch (KafkaException e) {
            log.debug(
                    "Listener {} waits until Kafka tells the id of its topic",
                    services.settings().id(),
                    e);
            return LATER;
        } catch (RuntimeException e) {
            log.error(
                    "Listener {} (group {}): the delivery of {} failed outside the handler. The listener retries it in {}",
                    services.settings().id(),
                    services.settings().group(),
                    entry.place(),
                    LATER_DELAY,
                    e);
            return LATER;
        } catch (Error e) {
            end(State.RUNNING, State.LEFT);
            services.fail(e);
            return LATER;
        }
    }

    private DeliveryAnswer deliver(ConsumerServices services) {
        ConsumerRecord<byte[], byte[]> record = entry.record();
        Uuid topic = services.topicIds().resolve(record.topic());
        DeliveryAnswer deliveryAnswer = deliver(services, record, topic);
        // The topic may have been created again a moment ago: then this is no duplicate of the former topic's record at
        // this place. A member of a consumer group would read the new topic from its start; a share group does not.
        if (deliveryAnswer instanceof Finished finished
                && finished.duplicate()
                && services.identity().isByPlace(record, topic)) {
            Set<String> unused = services.topicIds().refresh(List.of(record.topic()));
            Uuid now = services.topicIds().resolve(record.topic());
            return now.equals(topic) ? deliveryAnswer : deliver(services, record, now);
        }
        return deliveryAnswer;
    }

    private DeliveryAnswer deliver(ConsumerServices services, ConsumerRecord<byte[], byte[]> record, Uuid topic) {
        ReceivedMessage message = services.identity()
                .message(services.settings().group(), record, topic)
                .alone();
        Optional<Boolean> forgotten = context.horizons().isForgotten(record);
        if (forgotten.isEmpty()) {
            return LATER;
        }
        LiveMessage arrival =
                new LiveMessage(message, forgotten.get(), false, entry.outageFailures(), entry.outageDuration());
        services.running().begin(this, message, () -> end(State.RUNNING, State.DONE));
        try {
            return isDeliveredTooOften()
                    ? services.deliveries().live().park(arrival, crashCause())
                    : services.deliveries().live().deliver(arrival);
        } finally {
            services.running().end(this);
        }
    }

    // Parked in the database, the message is never lost. Not only at the last
    // delivery: a crash before the commit needs another one.
    private boolean isDeliveredTooOften() {
        return deliveryCount() >= Math.min(TRIES + 1, context.deliveries());
    }

    private ConsumerDiedException crashCause() {
        return new ConsumerDiedException("%d consumers in a row crashed, stopped or lost the record while handling it"
                .formatted(deliveryCount() - 1));
    }

    private int deliveryCount() {
        return entry.record().deliveryCount().orElse((short) 1);
    }

    private void end(State from, State to) {
        if (state.compareAndSet(from, to)) {
            context.memory().remove(entry.bytes());
            ended.run();
        }
    }
}
