package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.relay.RelayProducer.NotSent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Sends suspects: one of each topic at a time, so that a batch holds nothing else, and through a producer of its own, so that
 * what becomes of one stops nobody else. While it has rows of a topic, nothing else of the topic is read. Of one thread.
 */
final class LoneSender {

    private final RelayProducers producers;
    private final Completions completions;
    private final InFlight inFlight;
    private final Waiting waiting;

    private final Map<String, Deque<OutboxRecord>> queues = new HashMap<>();
    private final Map<String, OutboxRecord> underWay = new HashMap<>();
    private @Nullable RelayProducer producer;

    /**
     * Makes one.
     *
     * @param inFlight where its rows count as under way until they are answered, so that nobody reads them again
     */
    LoneSender(RelayProducers producers, Completions completions, InFlight inFlight, Waiting waiting) {
        this.producers = producers;
        this.completions = completions;
        this.inFlight = inFlight;
        this.waiting = waiting;
    }

    /** Takes rows, in the order of their keys. None of their topics may be under way elsewhere, unless of other keys. */
    void add(List<OutboxRecord> suspects) {
        for (OutboxRecord row : suspects) {
            inFlight.add(row);
            queues.computeIfAbsent(row.message().topic(), topic -> new ArrayDeque<>())
                    .add(row);
        }
    }

    /**
     * Leaves rows where they are, to be read again, if an earlier one of their key is: it was given up elsewhere, and would
     * otherwise be sent after them.
     *
     * @param givenUp rows that were sent elsewhere and are no longer under way there
     */
    void leaveBehind(List<OutboxRecord> givenUp) {
        Set<OutboxRecord> own = Collections.newSetFromMap(new IdentityHashMap<>());
        own.addAll(rows());
        Map<TopicKey, Long> first = new HashMap<>();
        for (OutboxRecord row : givenUp) {
            byte[] key = row.message().key();
            if (key != null && !own.contains(row)) {
                first.merge(TopicKey.of(row.message().topic(), key), row.id(), Math::min);
            }
        }
        queues.values()
                .forEach(queue -> queue.removeIf(row -> {
                    byte[] key = row.message().key();
                    Long earlier = key == null
                            ? null
                            : first.get(TopicKey.of(row.message().topic(), key));
                    boolean isBehind = earlier != null && row.id() > earlier;
                    if (isBehind) {
                        inFlight.giveBack(row);
                    }
                    return isBehind;
                }));
        queues.values().removeIf(Deque::isEmpty);
    }

    /** Topics that it has rows of. */
    Set<String> topics() {
        Set<String> topics = new HashSet<>(queues.keySet());
        topics.addAll(underWay.keySet());
        return topics;
    }

    /** All that it has. */
    List<OutboxRecord> rows() {
        List<OutboxRecord> rows = new ArrayList<>(underWay.values());
        queues.values().forEach(rows::addAll);
        return rows;
    }

    /** Whether answers are to be expected. */
    boolean isSending() {
        return !underWay.isEmpty();
    }

    /** What one of its producer's threads has met that it could not deal with; null if none has. */
    @Nullable
    Throwable broken() {
        return producer == null ? null : producer.broken();
    }

    /** Judges what has failed and sends what can be sent, without waiting for an answer. */
    void advance(Lease lease) {
        judgeFailed();
        judgeMissing();
        if (topics().isEmpty()) {
            end();
            return;
        }
        for (Map.Entry<String, Deque<OutboxRecord>> entry : List.copyOf(queues.entrySet())) {
            String topic = entry.getKey();
            Deque<OutboxRecord> queue = entry.getValue();
            if (waiting.isHeld(topic) || waiting.isRefused()) {
                drop(queue);
            }
            boolean sendable = true;
            // what was sent of the topic beside it comes first: an earlier one of the same key may be among it
            while (sendable && !queue.isEmpty() && inFlight.topics().rows(topic) == queue.size() && !lease.isOver()) {
                sendable = sendFirst(queue);
            }
            if (queue.isEmpty()) {
                queues.remove(topic);
            }
        }
        completions.announceNext(); // the next ones are sent when these are deleted
    }

    /** Returns false if it must wait for the metadata of its topic. */
    private boolean sendFirst(Deque<OutboxRecord> queue) {
        OutboxRecord row = queue.element();
        RelayProducer open = open();
        // another of its key may have failed meanwhile
        if (waiting.withoutBlocked(List.of(row), inFlight::leave).isEmpty() || waiting.mustWaitForDoubt(row)) {
            inFlight.giveBack(queue.remove());
            return true;
        }
        if (!open.metadata().isThereFor(row)) {
            return false;
        }
        queue.remove();
        underWay.put(row.message().topic(), row);
        Exception refused;
        try {
            refused = open.send(row, completions);
        } catch (Error e) {
            refused = waiting.thrown(row, e);
        }
        if (refused != null) {
            underWay.remove(row.message().topic());
            inFlight.giveBack(row);
            waiting.failedAlone(NotSent.inThread(row, refused));
        }
        return true;
    }

    // The first one closed the producer, and the others failed for that. They come first again.
    private void judgeFailed() {
        RelayProducer failed = producer;
        if (failed == null || !failed.isClosed()) {
            return;
        }
        List<NotSent> failures = failed.abandon();
        producer = null;
        List<OutboxRecord> answered = completions.unsettled();
        NotSent first = failures.isEmpty() ? null : failures.get(0);
        for (OutboxRecord row : List.copyOf(underWay.values())) {
            if (first != null && isSame(first.row(), row)) {
                underWay.remove(row.message().topic());
                inFlight.giveBack(row);
            } else if (answered.stream().noneMatch(each -> isSame(each, row))) {
                underWay.remove(row.message().topic());
                queues.computeIfAbsent(row.message().topic(), topic -> new ArrayDeque<>())
                        .addFirst(row);
            }
        }
        if (first != null) {
            waiting.failedAlone(first);
        }
    }

    private void judgeMissing() {
        if (producer != null) {
            producer.metadata().takeMissing().forEach(waiting::missing);
        }
    }

    private void drop(Deque<OutboxRecord> queue) {
        queue.forEach(inFlight::giveBack);
        queue.clear();
    }

    /** The broker has it, and its row is deleted. */
    void taken(OutboxRecord row) {
        underWay.values().removeIf(each -> isSame(each, row));
    }

    private static boolean isSame(OutboxRecord one, OutboxRecord other) {
        return one.id() == other.id() && one.lane() == other.lane();
    }

    /** Leaves the rest where it is; what is under way may still be answered. */
    void sendNoMore() {
        queues.values().forEach(this::drop);
        queues.clear();
    }

    /** Forgets all; what is under way is given up, and no longer counts as in flight. */
    void giveUp() {
        if (producer != null) {
            var unused = producer.abandon();
            producer = null;
        }
        rows().forEach(inFlight::giveBack);
        queues.clear();
        underWay.clear();
    }

    private void end() {
        if (producer != null) {
            producer.end();
            producer = null;
        }
    }

    private RelayProducer open() {
        if (producer == null) {
            producer = producers.openForSuspects();
        }
        return producer;
    }
}
