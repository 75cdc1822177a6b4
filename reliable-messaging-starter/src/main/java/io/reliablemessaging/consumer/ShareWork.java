package io.reliablemessaging.consumer;

import io.reliablemessaging.deadletter.ReceivedMessage;
import io.reliablemessaging.delivery.Answer;
import io.reliablemessaging.delivery.Answer.AwaitOutage;
import io.reliablemessaging.delivery.Answer.Finished;
import io.reliablemessaging.delivery.Answer.RetryAfter;
import io.reliablemessaging.delivery.ConsumerDiedException;
import io.reliablemessaging.delivery.LiveMessage;
import io.reliablemessaging.text.ReadableLogger;
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
    private static final Answer LATER = new RetryAfter(LATER_DELAY, false);
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
     * @param parts the listener's parts
     * @param share runs the listener's handlers
     * @param memory counts the records in work
     * @param deliveries how often the cluster delivers a record before it archives it
     * @param horizons know which records the inbox may have forgotten
     */
    record Context(
            ConsumerParts parts,
            HandlerPool.Share share,
            MemoryBudget.Account memory,
            int deliveries,
            SharedHorizons horizons) {}

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
        Outages outages = context.parts().outages();
        Outage away = outages.blocking(this);
        if (away != null) {
            away.await(this, this::resume);
            return;
        }
        Answer answer = deliverGuarded();
        if (state.get() != State.RUNNING) {
            return;
        }
        answer.on(new EndOfRun());
    }

    /** Ends a run as its answer says. */
    private final class EndOfRun implements Answer.Cases {

        private final Outages outages = context.parts().outages();

        @Override
        public void finished(Finished finished) {
            outages.noteAnswer(finished);
            end(State.RUNNING, State.DONE);
        }

        @Override
        public void retryAfter(RetryAfter retry) {
            outages.noteAnswer(retry);
            context.parts().timer().schedule(retry.delay(), "retry of " + entry.place(), ShareWork.this::start);
        }

        @Override
        public void awaitOutage(AwaitOutage outage) {
            entry.countOutageFailure();
            outages.begin(outage).await(ShareWork.this, ShareWork.this::resume);
        }
    }

    private Answer deliverGuarded() {
        ConsumerParts parts = context.parts();
        try {
            return deliver(parts);
        } catch (KafkaException e) {
            log.debug(
                    "Listener {} waits until Kafka tells the id of its topic",
                    parts.settings().id(),
                    e);
            return LATER;
        } catch (RuntimeException e) {
            log.error(
                    "Listener {} (group {}): the delivery of {} failed outside the handler. The listener retries it in {}",
                    parts.settings().id(),
                    parts.settings().group(),
                    entry.place(),
                    LATER_DELAY,
                    e);
            return LATER;
        } catch (Error e) {
            end(State.RUNNING, State.LEFT);
            parts.fatal().accept(e);
            return LATER;
        }
    }

    private Answer deliver(ConsumerParts parts) {
        ConsumerRecord<byte[], byte[]> record = entry.record();
        Uuid topic = parts.topicIds().resolve(record.topic());
        Answer answer = deliver(parts, record, topic);
        // The topic may have been created again a moment ago: then this is no duplicate of the former topic's record at
        // this place. A member of a consumer group would read the new topic from its start; a share group does not.
        if (answer instanceof Finished finished
                && finished.duplicate()
                && parts.identity().isByPlace(record, topic)) {
            Set<String> unused = parts.topicIds().refresh(List.of(record.topic()));
            Uuid now = parts.topicIds().resolve(record.topic());
            return now.equals(topic) ? answer : deliver(parts, record, now);
        }
        return answer;
    }

    private Answer deliver(ConsumerParts parts, ConsumerRecord<byte[], byte[]> record, Uuid topic) {
        ReceivedMessage message = parts.identity()
                .message(parts.settings().group(), record, topic)
                .alone();
        Optional<Boolean> forgotten = context.horizons().isForgotten(record);
        if (forgotten.isEmpty()) {
            return LATER;
        }
        LiveMessage arrival =
                new LiveMessage(message, forgotten.get(), false, entry.outageFailures(), entry.outageDuration());
        parts.running().begin(this, message, () -> end(State.RUNNING, State.DONE));
        try {
            return isDeliveredTooOften()
                    ? parts.deliveries().live().park(arrival, crashCause())
                    : parts.deliveries().live().deliver(arrival);
        } finally {
            parts.running().end(this);
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
