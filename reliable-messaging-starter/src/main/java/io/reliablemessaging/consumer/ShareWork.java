package io.reliablemessaging.consumer;

import io.reliablemessaging.deadletter.ReceivedMessage;
import io.reliablemessaging.delivery.Answer;
import io.reliablemessaging.delivery.Answer.AgainAfter;
import io.reliablemessaging.delivery.Answer.Finished;
import io.reliablemessaging.delivery.Answer.Held;
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

/** A record that was lent to this member of a share group, until the group has taken charge of it. */
final class ShareWork {

    private static final Logger log = ReadableLogger.of(ShareWork.class);
    private static final Duration LATER_DELAY = Duration.ofSeconds(1);
    private static final Answer LATER = new AgainAfter(LATER_DELAY, false);
    private static final int TRIES = 2;

    private final Lending lending;
    private final LineEntry entry;
    private final Runnable ended;
    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);

    private enum State {
        WAITING(AcknowledgeType.RENEW),
        RUNNING(AcknowledgeType.RENEW),
        DONE(AcknowledgeType.ACCEPT),
        WITHDRAWN(AcknowledgeType.RELEASE),
        // by an Error: whoever gets it next must not be this process
        LEFT(AcknowledgeType.RENEW);

        private final AcknowledgeType acknowledgement;

        State(AcknowledgeType acknowledgement) {
            this.acknowledgement = acknowledgement;
        }
    }

    /**
     * What records that are lent are worked on with.
     *
     * @param parts of the listener
     * @param share runs its handlers
     * @param memory counts what is in work
     * @param deliveries how often the cluster delivers a record before it gives it up
     * @param horizons which records the inbox may have forgotten
     */
    record Lending(
            ConsumerParts parts,
            HandlerPool.Share share,
            MemoryBudget.Account memory,
            int deliveries,
            SharedHorizons horizons) {}

    /**
     * Creates it.
     *
     * @param ended is called once, when it is not in work any more
     */
    ShareWork(Lending lending, ConsumerRecord<byte[], byte[]> record, Runnable ended) {
        this.lending = lending;
        this.entry = new LineEntry(record, OffsetSpan.UNTRACKED, false);
        this.ended = ended;
        lending.memory().add(entry.bytes());
    }

    /** Whether the group has taken charge of the record. */
    boolean isDone() {
        return state.get() == State.DONE;
    }

    /** Whether it runs, or waits to. */
    boolean isInWork() {
        State now = state.get();
        return now == State.WAITING || now == State.RUNNING;
    }

    /** What is to be told to the cluster at this moment. */
    AcknowledgeType acknowledgement() {
        return Objects.requireNonNull(state.get()).acknowledgement;
    }

    /** Works on it as soon as there is a permit. */
    void start() {
        lending.share().execute(this::run);
    }

    /** Gives it back if it has not begun; not if it was lent so often that the cluster might then give it up. */
    void withdraw() {
        if (!isLentTooOften()) {
            end(State.WAITING, State.WITHDRAWN);
        }
    }

    private boolean resume() {
        start();
        return true;
    }

    private void run() {
        if (!state.compareAndSet(State.WAITING, State.RUNNING) && state.get() != State.RUNNING) {
            return; // withdrawn or abandoned while it waited
        }
        Outages outages = lending.parts().outages();
        Outage away = outages.holding(this);
        if (away != null) {
            away.await(this, this::resume);
            return;
        }
        Answer answer = answer();
        if (state.get() != State.RUNNING) {
            return;
        }
        if (answer instanceof Held held) {
            entry.hold();
            outages.begin(held).await(this, this::resume);
            return;
        }
        outages.answered(answer);
        if (answer instanceof AgainAfter again) {
            lending.parts().timer().after(again.delay(), this::start);
            return;
        }
        end(State.RUNNING, State.DONE);
    }

    private Answer answer() {
        ConsumerParts parts = lending.parts();
        try {
            return deliver(parts);
        } catch (KafkaException e) {
            log.debug(
                    "Listener {} waits until Kafka tells which topic it reads",
                    parts.settings().id(),
                    e);
            return LATER;
        } catch (RuntimeException e) {
            log.error(
                    "Listener {} (group {}) could not deliver {}. Next attempt in {}",
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
        Uuid topic = parts.topicIds().of(record.topic());
        Answer answer = deliver(parts, record, topic);
        // The topic may have been made again a moment ago: then this is no duplicate of what the former one had
        // at this place. With partitions of its own, a consumer would read the new topic from its start; a
        // share group does not.
        if (answer instanceof Finished finished
                && finished.duplicate()
                && parts.identity().isByPlace(record, topic)) {
            Set<String> unused = parts.topicIds().refresh(List.of(record.topic()));
            Uuid now = parts.topicIds().of(record.topic());
            return now.equals(topic) ? answer : deliver(parts, record, now);
        }
        return answer;
    }

    private Answer deliver(ConsumerParts parts, ConsumerRecord<byte[], byte[]> record, Uuid topic) {
        ReceivedMessage message = parts.identity()
                .message(parts.settings().group(), record, topic)
                .alone();
        Optional<Boolean> forgotten = lending.horizons().isForgotten(record);
        if (forgotten.isEmpty()) {
            return LATER;
        }
        LiveMessage arrival = new LiveMessage(message, forgotten.get(), false, entry.held(), entry.heldFor());
        parts.running().begin(this, message, () -> end(State.RUNNING, State.DONE));
        try {
            return isLentTooOften()
                    ? parts.deliveries().live().park(arrival, died())
                    : parts.deliveries().live().deliver(arrival);
        } finally {
            parts.running().end(this);
        }
    }

    // In the database nobody gives it up. Not only at the last delivery: who dies before the commit needs another one.
    private boolean isLentTooOften() {
        return deliveryCount() >= Math.min(TRIES + 1, lending.deliveries());
    }

    private ConsumerDiedException died() {
        return new ConsumerDiedException(
                "%d consumers in a row died, stopped or lost it while handling it".formatted(deliveryCount() - 1));
    }

    private int deliveryCount() {
        return entry.record().deliveryCount().orElse((short) 1);
    }

    private void end(State from, State to) {
        if (state.compareAndSet(from, to)) {
            lending.memory().remove(entry.bytes());
            ended.run();
        }
    }
}
