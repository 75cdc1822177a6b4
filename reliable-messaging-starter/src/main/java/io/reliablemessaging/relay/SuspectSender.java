package io.reliablemessaging.relay;

import io.reliablemessaging.intake.RowsInFlight;
import io.reliablemessaging.lanes.LaneLease;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.producer.Completions;
import io.reliablemessaging.producer.RelayProducer;
import io.reliablemessaging.producer.RelayProducer.NotSent;
import io.reliablemessaging.producer.RelayProducers;
import io.reliablemessaging.quarantine.TopicKey;
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
 * Sends suspects alone: one of each topic at a time, so that a batch holds nothing else, and through its own producer,
 * so that a failure stops no other row. While it has rows of a topic, no other rows of the topic are read. Used by one
 * thread.
 */
final class SuspectSender {

    private final RelayProducers producers;
    private final Completions completions;
    private final RowsInFlight rowsInFlight;
    private final SendGate sendGate;

    private final Map<String, Deque<OutboxRecord>> queues = new HashMap<>();
    private final Map<String, OutboxRecord> underWay = new HashMap<>();
    private @Nullable RelayProducer producer;

    /**
     * Creates the sender.
     *
     * @param rowsInFlight records its rows until they are answered, so that they are not read again
     */
    SuspectSender(RelayProducers producers, Completions completions, RowsInFlight rowsInFlight, SendGate sendGate) {
        this.producers = producers;
        this.completions = completions;
        this.rowsInFlight = rowsInFlight;
        this.sendGate = sendGate;
    }

    /** Adds rows, in the order of their keys. No other row of these keys may be in flight. */
    void add(List<OutboxRecord> suspects) {
        for (OutboxRecord row : suspects) {
            rowsInFlight.add(row);
            queues.computeIfAbsent(row.message().topic(), topic -> new ArrayDeque<>())
                    .add(row);
        }
    }

    /**
     * Gives rows back, to be read again, if an earlier row of their key was given up elsewhere: it would otherwise be
     * sent after them.
     *
     * @param givenUp rows that were sent elsewhere and are no longer in flight
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
                        rowsInFlight.giveBack(row);
                    }
                    return isBehind;
                }));
        queues.values().removeIf(Deque::isEmpty);
    }

    /** Returns the topics of its rows. */
    Set<String> topics() {
        Set<String> topics = new HashSet<>(queues.keySet());
        topics.addAll(underWay.keySet());
        return topics;
    }

    /** Returns all its rows. */
    List<OutboxRecord> rows() {
        List<OutboxRecord> rows = new ArrayList<>(underWay.values());
        queues.values().forEach(rows::addAll);
        return rows;
    }

    /** Returns whether answers may still come. */
    boolean isSending() {
        return !underWay.isEmpty();
    }

    /** Returns what a thread of its producer has failed with, and clears it; null if none has failed. */
    @Nullable
    Throwable takeThreadFailure() {
        return producer == null ? null : producer.takeThreadFailure();
    }

    /** Judges failures and sends the next rows, without waiting for answers. */
    void advance(LaneLease laneLease) {
        judgeFailed();
        judgeMissing();
        if (topics().isEmpty()) {
            closeProducer();
            return;
        }
        for (Map.Entry<String, Deque<OutboxRecord>> entry : List.copyOf(queues.entrySet())) {
            String topic = entry.getKey();
            Deque<OutboxRecord> queue = entry.getValue();
            if (sendGate.isPaused(topic) || sendGate.isSendingPaused()) {
                giveBackAll(queue);
            }
            boolean sendable = true;
            // rows of the topic that were sent by the other producer come first: an earlier one of the same key may be
            // among them
            while (sendable
                    && !queue.isEmpty()
                    && rowsInFlight.topics().rows(topic) == queue.size()
                    && !laneLease.isOver()) {
                sendable = sendFirst(queue);
            }
            if (queue.isEmpty()) {
                queues.remove(topic);
            }
        }
        completions.announceNext(); // the next rows are sent when these are deleted
    }

    /** Sends the first row, or gives it back; returns false if it must wait for the metadata of its topic. */
    private boolean sendFirst(Deque<OutboxRecord> queue) {
        OutboxRecord row = queue.element();
        RelayProducer open = open();
        // another row of its key may have failed meanwhile
        if (sendGate.quarantineFollowers(List.of(row), rowsInFlight::leave).isEmpty()
                || sendGate.mustWaitForSuspect(row)) {
            rowsInFlight.giveBack(queue.remove());
            return true;
        }
        if (!open.metadata().checkFor(row)) {
            return false;
        }
        queue.remove();
        underWay.put(row.message().topic(), row);
        Exception refused;
        try {
            refused = open.send(row, completions);
        } catch (Error e) {
            refused = sendGate.judgeThrown(row, e);
        }
        if (refused != null) {
            underWay.remove(row.message().topic());
            rowsInFlight.giveBack(row);
            sendGate.judgeAlone(NotSent.refusedBySend(row, refused));
        }
        return true;
    }

    // The first failure closed the producer, and the other rows failed because of that. They are sent first again.
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
                rowsInFlight.giveBack(row);
            } else if (answered.stream().noneMatch(each -> isSame(each, row))) {
                underWay.remove(row.message().topic());
                queues.computeIfAbsent(row.message().topic(), topic -> new ArrayDeque<>())
                        .addFirst(row);
            }
        }
        if (first != null) {
            sendGate.judgeAlone(first);
        }
    }

    private void judgeMissing() {
        if (producer != null) {
            producer.metadata().takeUnanswered().forEach(sendGate::noteUnanswered);
        }
    }

    private void giveBackAll(Deque<OutboxRecord> queue) {
        queue.forEach(rowsInFlight::giveBack);
        queue.clear();
    }

    /** Notes that the broker has taken a row and that it is deleted. */
    void noteTaken(OutboxRecord row) {
        underWay.values().removeIf(each -> isSame(each, row));
    }

    private static boolean isSame(OutboxRecord one, OutboxRecord other) {
        return one.id() == other.id() && one.lane() == other.lane();
    }

    /** Gives back the rows that were not sent; rows in flight may still be answered. */
    void sendNoMore() {
        queues.values().forEach(this::giveBackAll);
        queues.clear();
    }

    /** Gives back all rows, and gives up those in flight. */
    void giveUp() {
        if (producer != null) {
            var unused = producer.abandon();
            producer = null;
        }
        rows().forEach(rowsInFlight::giveBack);
        queues.clear();
        underWay.clear();
    }

    private void closeProducer() {
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
