package io.reliablemessaging.consumer;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.consumer.PartitionLines.Start;
import io.reliablemessaging.deadletter.ReceivedMessage;
import io.reliablemessaging.delivery.Answer;
import io.reliablemessaging.delivery.Answer.AwaitOutage;
import io.reliablemessaging.delivery.Answer.Finished;
import io.reliablemessaging.delivery.Answer.RetryAfter;
import io.reliablemessaging.delivery.ListenerSettings;
import io.reliablemessaging.delivery.LiveMessage;
import io.reliablemessaging.delivery.MessageText;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;

/**
 * Runs the lines of one listener: takes records from a partition, has them delivered, and gives the answer back.
 *
 * <ol>
 *   <li>a ready line waits for a permit, then its first records are taken;
 *   <li>during an outage of something that it needs, the line waits;
 *   <li>its records are delivered, and each finished record leaves the line;
 *   <li>the run ends with one answer: the line is run again, now or after a delay, or waits for the end of an outage.
 * </ol>
 */
final class Dispatcher {

    private static final Logger log = ReadableLogger.of(Dispatcher.class);

    private static final int BATCH = 100;
    // after so many records, or so much time, another line gets the permit
    private static final int TURN = 16;
    private static final long TURN_NANOS = Duration.ofMillis(20).toNanos();
    private static final Duration LATER_DELAY = Duration.ofSeconds(1);
    private static final Answer LATER = new RetryAfter(LATER_DELAY, false);

    private final ConsumerParts parts;
    private final ListenerSettings settings;
    private final HandlerPool.Share share;
    private final int together;
    private volatile boolean failed;

    Dispatcher(ConsumerParts parts) {
        this.parts = parts;
        this.settings = parts.settings();
        this.share = parts.pool().join(settings.id(), "rm-" + settings.id() + "-", settings.concurrency());
        this.together = settings.transaction() == TransactionMode.BATCH ? BATCH : 1;
    }

    void run(List<Line> lines) {
        lines.forEach(this::run);
    }

    private void run(Line line) {
        share.execute(() -> runTurn(line));
    }

    /** Starts no more runs. */
    void close() {
        share.close();
    }

    private void runTurn(Line line) {
        long end = System.nanoTime() + TURN_NANOS;
        int records = 0;
        do {
            List<LineEntry> next = line.partition().take(line, together);
            if (next.isEmpty() || !deliverNext(line, next)) {
                return;
            }
            records += next.size();
        } while (records < TURN && System.nanoTime() - end < 0);
        run(line);
    }

    /**
     * Delivers the first records of a line.
     *
     * @return whether the line is to be run again now
     */
    private boolean deliverNext(Line line, List<LineEntry> next) {
        Outage away = parts.outages().blocking(line);
        if (away != null) {
            await(away, line);
            return false;
        }
        Answer answer = failed ? LATER : deliverGuarded(line, next);
        if (line.partition().isAbandoned(line)) {
            return false; // another run has its records
        }
        EndOfRun end = new EndOfRun(line);
        answer.on(end);
        return end.runAgain;
    }

    /** Ends the run of a line as its answer says. */
    private final class EndOfRun implements Answer.Cases {

        private final Line line;
        private boolean runAgain;

        private EndOfRun(Line line) {
            this.line = line;
        }

        @Override
        public void finished(Finished finished) {
            parts.outages().noteAnswer(finished);
            runAgain = line.partition().proceed(line);
        }

        @Override
        public void retryAfter(RetryAfter retry) {
            parts.outages().noteAnswer(retry);
            retryLater(line, retry.delay());
        }

        @Override
        public void awaitOutage(AwaitOutage outage) {
            await(parts.outages().begin(outage), line);
        }
    }

    private void await(Outage outage, Line line) {
        long wait = line.partition().suspend(line);
        outage.await(line, () -> wake(line, wait));
    }

    private void retryLater(Line line, Duration delay) {
        long wait = line.partition().suspend(line);
        parts.timer().schedule(delay, "retry of listener " + settings.id() + " for " + line, () -> {
            boolean unused = wake(line, wait);
        });
    }

    private boolean wake(Line line, long wait) {
        if (!line.partition().wake(line, wait)) {
            return false;
        }
        run(line);
        return true;
    }

    private Answer deliverGuarded(Line line, List<LineEntry> next) {
        try {
            return deliverTaken(line, next);
        } catch (RuntimeException e) {
            log.error(
                    "Listener {} (group {}) could not start the delivery of {}. The record keeps its place; the listener retries it in {}",
                    settings.id(),
                    settings.group(),
                    next.get(0).place(),
                    LATER_DELAY,
                    e);
            return LATER;
        } catch (Error e) {
            failed = true; // first of all: no other run may start a delivery before the listener has stopped
            parts.fatal().accept(e);
            return LATER;
        }
    }

    private Answer deliverTaken(Line line, List<LineEntry> next) {
        Start start = line.partition().start();
        List<LiveMessage> arrivals =
                next.stream().map(entry -> toLiveMessage(entry, start)).toList();
        begin(line, arrivals.get(0).message());
        try {
            Optional<Finished> together = next.size() == 1
                    ? Optional.empty()
                    : parts.deliveries().batch().deliver(arrivals, message -> begin(line, message));
            if (together.isPresent()) {
                next.forEach(entry -> finish(line, entry, together.get()));
                return together.get();
            }
            return deliverOneByOne(line, next, arrivals);
        } finally {
            parts.running().end(line);
        }
    }

    // a message that is retried makes the others of its key wait, and no message that only shares its line
    private Answer deliverOneByOne(Line line, List<LineEntry> next, List<LiveMessage> arrivals) {
        Answer last = LATER;
        RetryAfter waits = null;
        List<LineEntry> waiting = new ArrayList<>();
        for (int i = 0; i < next.size(); i++) {
            LineEntry entry = next.get(i);
            if (line.partition().isAbandoned(line)) {
                return last;
            }
            if (waiting.stream().anyMatch(entry::hasKeyOf)) {
                continue;
            }
            last = deliver(line, entry, arrivals.get(i));
            if (last instanceof Finished finished) {
                finish(line, entry, finished);
            } else if (last instanceof RetryAfter again && sharesLine(arrivals.get(i))) {
                entry.markRetried();
                waiting.add(entry);
                waits = waits == null ? again : waits;
            } else {
                return last;
            }
        }
        return waits == null ? last : waits;
    }

    private static void finish(Line line, LineEntry entry, Finished answer) {
        if (answer.duplicate()) {
            line.partition().noteDuplicate();
        }
        line.partition().finish(line, entry);
    }

    private boolean sharesLine(LiveMessage arrival) {
        return together > 1 && settings.ordering() != Ordering.PARTITION && !arrival.suspect();
    }

    private void begin(Line line, ReceivedMessage message) {
        parts.running()
                .begin(line, message, () -> line.partition().abandon(line).forEach(this::run));
    }

    private Answer deliver(Line line, LineEntry entry, LiveMessage arrival) {
        begin(line, arrival.message());
        Answer answer = deliverLive(arrival);
        if (answer instanceof AwaitOutage) {
            entry.countOutageFailure();
        } else {
            entry.markSurvived();
        }
        return answer;
    }

    private Answer deliverLive(LiveMessage arrival) {
        try {
            return parts.deliveries().live().deliver(arrival);
        } catch (RuntimeException e) {
            log.error(
                    "{}: the delivery failed outside the handler. The message keeps its place; the listener retries it in {}",
                    MessageText.of(settings, arrival.message()),
                    LATER_DELAY,
                    e);
            return LATER;
        }
    }

    private LiveMessage toLiveMessage(LineEntry entry, Start start) {
        ConsumerRecord<byte[], byte[]> record = entry.record();
        ReceivedMessage message = parts.identity().message(settings.group(), record, start.topicId());
        return new LiveMessage(
                message,
                record.offset() < start.forgottenBefore(),
                entry.isSuspect(),
                entry.outageFailures(),
                entry.outageDuration());
    }
}
