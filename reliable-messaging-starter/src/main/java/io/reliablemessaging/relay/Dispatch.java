package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.outbox.SentRecord;
import io.reliablemessaging.relay.RelayProducer.NotSent;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * Hands rows to the producer and knows which are under way. Opens a producer when it needs one, and a new one after a
 * failure. Of one thread.
 */
final class Dispatch {

    private static final Logger log = ReadableLogger.of(Dispatch.class);

    // a minute, with the default lease: longer than a cluster needs for a new leader
    private static final int PATIENCE_IN_ALL = 30;

    // of one reading: each is moved by a statement of its own, for which the others wait
    private static final int MOST_FAULTY = 50;

    // longer than a cluster needs for a new leader, as a rule
    private static final Duration SILENCE = Duration.ofSeconds(10);
    private static final Duration LONGEST_STUCK = Duration.ofMinutes(16);

    private final RelayProducers producers;
    private final Completions completions;
    private final Waiting waiting;
    private final Duration unanswered;
    private final InFlight inFlight = new InFlight();
    private final LoneSender alone;
    private long nextLook = System.nanoTime();
    private Duration stuckAfter;
    private boolean asked;
    private @Nullable RelayProducer producer;

    /**
     * Makes a dispatch.
     *
     * @param patience how long an answer takes at most while all is well: after many times that, all is sent again
     */
    Dispatch(RelayProducers producers, Completions completions, Waiting waiting, Duration patience) {
        this.producers = producers;
        this.completions = completions;
        this.waiting = waiting;
        this.unanswered = patience.multipliedBy(PATIENCE_IN_ALL);
        this.stuckAfter = unanswered;
        this.alone = new LoneSender(producers, completions, inFlight, waiting);
    }

    InFlight inFlight() {
        return inFlight;
    }

    /**
     * Sends all that need not wait, without waiting for an answer.
     *
     * @return whether rows were left where they are because their topic has all that it may have in flight
     */
    boolean send(List<OutboxRecord> rows, Lease lease) {
        RelayProducer open = open();
        // Because of one before it. Not by the clock or by what is free: that may change amid these rows, and later
        // ones would pass it.
        Set<String> refusing = new HashSet<>();
        Set<String> ready = new HashSet<>();
        boolean full = false;
        int faulty = 0;
        for (OutboxRecord row : waiting.withoutBlocked(rows, inFlight::leave)) {
            String topic = row.message().topic();
            if (lease.isOver() || open.isClosed()) {
                break;
            }
            if (refusing.contains(topic) || waiting.isBehind(row) || waiting.mustWaitForDoubt(row)) {
                continue;
            }
            if (waiting.isInDoubt(row)) {
                alone.add(List.of(row));
                continue;
            }
            RuntimeException fault = open.faultOf(row);
            if (fault != null && faulty++ < MOST_FAULTY) {
                waiting.unreadable(row, fault);
                continue;
            }
            if (fault != null || !mayLeave(row, open, ready) || !hasSent(row, open)) {
                refusing.add(topic);
                full |= inFlight.topics().isFull(topic);
                if (waiting.isRefused()) {
                    startAnew();
                    break;
                }
            }
        }
        return full;
    }

    private boolean mayLeave(OutboxRecord row, RelayProducer open, Set<String> ready) {
        String topic = row.message().topic();
        if (inFlight.topics().isFull(topic)) {
            return false;
        }
        if ((!ready.contains(topic) && !open.metadata().isThereFor(row))
                || !open.partitions().isThereFor(row)) {
            asked = true;
            return false;
        }
        ready.add(topic);
        return true;
    }

    private boolean hasSent(OutboxRecord row, RelayProducer open) {
        inFlight.add(row);
        Exception refused;
        try {
            refused = open.send(row, completions);
        } catch (Error e) {
            refused = waiting.thrown(row, e);
        }
        if (refused == null) {
            return true;
        }
        inFlight.giveBack(row);
        open.metadata().forget(row.message().topic());
        waiting.refused(row, refused);
        return false;
    }

    /** Topics that take nothing for now. */
    Set<String> topicsThatTakeNothing() {
        holdMissing();
        Set<String> topics = silent(System.nanoTime());
        waiting.silent(topics);
        topics.addAll(waiting.heldTopics());
        return topics;
    }

    /** Topics of which nothing is to be read for now: what is read of them could not be sent. */
    Set<String> topicsToLeaveOut() {
        Set<String> leftOut = topicsThatTakeNothing();
        leftOut.addAll(inFlight.topics().crowding(System.nanoTime()));
        leftOut.addAll(alone.topics());
        if (producer != null) {
            // before anything of them is read, for that could mean to walk over all that waits for other topics
            waiting.topicsToTry().forEach(producer.metadata()::askFor);
            Set<String> asking = producer.asking();
            leftOut.addAll(asking);
            asked = !asking.isEmpty();
        }
        return leftOut;
    }

    /** Whether messages were not read or not sent, the last time, since metadata of their topic are asked for. */
    boolean hasAsked() {
        return asked;
    }

    // what the broker has acknowledged and the database does not delete for now is no silence of the broker
    private Set<String> silent(long now) {
        Set<String> silent = new HashSet<>(inFlight.topics().silent(SILENCE, now));
        if (!silent.isEmpty()) {
            completions.unsettled().forEach(row -> silent.remove(row.message().topic()));
        }
        return silent;
    }

    private void holdMissing() {
        RelayProducer open = producer;
        if (open == null || open.isClosed()) {
            return;
        }
        for (TopicQuestions.Unanswered missing : open.takeMissing()) {
            waiting.missing(missing);
        }
        if (waiting.isRefused()) {
            startAnew();
        }
    }

    /** Takes note of what was deleted. */
    void settle() {
        for (SentRecord sent : completions.takeSettled()) {
            inFlight.remove(sent.row());
            alone.taken(sent.row());
            waiting.taken(sent.row(), sent.confirmation().partition());
        }
    }

    /** What is sent alone. */
    LoneSender alone() {
        return alone;
    }

    /**
     * Starts anew if the producer has had no answer for a row for long. Such a row may be meant for a partition that is gone
     * since the topic was deleted and made again with fewer: its producer would wait for that partition for ever. A new one
     * chooses among those that there are now. While all brokers are away, or a topic takes nothing, this does little harm:
     * what is in flight is read and sent again, after twice the time each time.
     */
    void startAnewIfStuck() {
        long now = System.nanoTime();
        if (producer == null || now - nextLook < 0) {
            return;
        }
        nextLook = now + unanswered.toNanos() / 4;
        // what is acknowledged and waits for its deletion is no business of the producer
        List<OutboxRecord> answered = completions.unsettled();
        if (!inFlight.hasOlder(now - SILENCE.toNanos(), answered)) {
            stuckAfter = unanswered;
        } else if (inFlight.hasOlder(now - stuckAfter.toNanos(), answered)) {
            boolean told = stuckAfter.compareTo(unanswered) > 0 || waiting.isClusterAway();
            log.atLevel(told ? Level.DEBUG : Level.WARN)
                    .log(
                            "Kafka has not answered for messages that were sent {} ago; all in flight are sent again, now and"
                                    + " at growing distances until it answers",
                            stuckAfter);
            Duration twice = stuckAfter.multipliedBy(2);
            stuckAfter = twice.compareTo(LONGEST_STUCK) > 0 ? LONGEST_STUCK : twice;
            var unused = giveUp();
        }
    }

    /** What one of the producer's threads has met that it could not deal with; null if none has. */
    @Nullable
    Throwable broken() {
        Throwable met = producer == null ? null : producer.broken();
        return met == null ? alone.broken() : met;
    }

    /** Whether a failure has stopped the producer. */
    boolean hasFailed() {
        return producer != null && producer.isClosed();
    }

    /**
     * Gives up what is in flight, but for what is sent alone, and judges why; whatever the broker has not acknowledged is read
     * and sent again.
     */
    void startAnew() {
        List<NotSent> failures = abandon();
        // before anything is noted: for want of the database that may fail, and all is read and sent again all the same
        List<OutboxRecord> under = new ArrayList<>(completions.unsettled());
        under.addAll(alone.rows());
        inFlight.retain(under);
        alone.add(waiting.judge(failures));
        alone.leaveBehind(failures.stream().map(NotSent::row).toList());
    }

    /**
     * Gives up all that is in flight; whatever the broker has not acknowledged is read and sent again.
     *
     * @return what has failed
     */
    List<NotSent> giveUp() {
        alone.giveUp();
        List<NotSent> failures = abandon();
        inFlight.retain(completions.unsettled());
        return failures;
    }

    /** Forgets all rows, acknowledged or not: they are of a server whose place another has taken. */
    void forgetAll() {
        alone.giveUp();
        var unused = abandon(); // first: from now on no answers come
        completions.forgetAll();
        inFlight.retain(List.of());
    }

    /** Whether answers are to be expected. */
    boolean isSending() {
        return inFlight.rows() > 0 && ((producer != null && !producer.isClosed()) || alone.isSending());
    }

    /** Sends nothing more, and returns what has failed. */
    List<NotSent> abandon() {
        List<NotSent> failures = producer == null ? List.of() : producer.abandon();
        producer = null;
        asked = false;
        return failures;
    }

    /**
     * Sends nothing more. If all that was sent is answered, the producer may end in its own time, which is short; otherwise
     * what is in flight is given up.
     */
    void close() {
        alone.giveUp();
        boolean answered = inFlight.rows() == completions.unsettled().size();
        if (producer != null && answered && !producer.isClosed()) {
            producer.end();
            producer = null;
        } else {
            var unused = abandon();
        }
    }

    private RelayProducer open() {
        if (producer == null) {
            producer = producers.open();
        }
        return producer;
    }
}
