package io.reliablemessaging.consumer;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.consumer.PartitionLines.Start;
import io.reliablemessaging.deadletter.ReceivedMessage;
import io.reliablemessaging.delivery.Answer;
import io.reliablemessaging.delivery.Answer.AgainAfter;
import io.reliablemessaging.delivery.Answer.Finished;
import io.reliablemessaging.delivery.Answer.Held;
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
 * Runs the lines of one listener: takes work from a partition, has it delivered, and gives the answer back.
 *
 * <ol>
 *   <li>a line that is to be run waits for a permit, and takes its first records;
 *   <li>while something is away that it needs, it waits for that;
 *   <li>its records are delivered; each that is finished is taken off the line;
 *   <li>the run ends with one answer: the line is run again, now or later, or waits for what is away.
 * </ol>
 */
final class Dispatcher {

    private static final Logger log = ReadableLogger.of(Dispatcher.class);

    private static final int BATCH = 100;
    // after so many records, or so much time, the permit is given to another line
    private static final int TURN = 16;
    private static final long TURN_NANOS = Duration.ofMillis(20).toNanos();
    private static final Duration LATER_DELAY = Duration.ofSeconds(1);
    private static final Answer LATER = new AgainAfter(LATER_DELAY, false);

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
        share.execute(() -> turn(line));
    }

    /** Begins nothing more. */
    void close() {
        share.close();
    }

    private void turn(Line line) {
        long end = System.nanoTime() + TURN_NANOS;
        int records = 0;
        do {
            List<LineEntry> next = line.partition().take(line, together);
            if (next.isEmpty() || !goesOn(line, next)) {
                return;
            }
            records += next.size();
        } while (records < TURN && System.nanoTime() - end < 0);
        run(line);
    }

    /** Delivers the first records of a line; returns whether it is to be run again now. */
    private boolean goesOn(Line line, List<LineEntry> next) {
        Outage away = parts.outages().holding(line);
        if (away != null) {
            await(away, line);
            return false;
        }
        Answer answer = failed ? LATER : answer(line, next);
        if (line.partition().isAbandoned(line)) {
            return false; // its transaction was gone, whatever it answers
        }
        if (answer instanceof Held held) {
            await(parts.outages().begin(held), line);
            return false;
        }
        parts.outages().answered(answer);
        if (answer instanceof AgainAfter again) {
            later(line, again.delay());
            return false;
        }
        return line.partition().proceed(line);
    }

    private void await(Outage outage, Line line) {
        long wait = line.partition().hold(line);
        outage.await(line, () -> wake(line, wait));
    }

    private void later(Line line, Duration delay) {
        long wait = line.partition().hold(line);
        parts.timer().after(delay, () -> {
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

    private Answer answer(Line line, List<LineEntry> next) {
        try {
            return delivered(line, next);
        } catch (RuntimeException e) {
            log.error(
                    "Listener {} (group {}) could not begin the delivery of {}. Next attempt in {}",
                    settings.id(),
                    settings.group(),
                    next.get(0).place(),
                    LATER_DELAY,
                    e);
            return LATER;
        } catch (Error e) {
            failed = true; // at once: until all have stopped, nobody begins anything
            parts.fatal().accept(e);
            return LATER;
        }
    }

    private Answer delivered(Line line, List<LineEntry> next) {
        Start start = line.partition().start();
        List<LiveMessage> arrivals =
                next.stream().map(entry -> arrival(entry, start)).toList();
        begin(line, arrivals.get(0).message());
        try {
            Optional<Finished> together = next.size() == 1
                    ? Optional.empty()
                    : parts.deliveries().batch().deliver(arrivals, message -> begin(line, message));
            if (together.isPresent()) {
                next.forEach(entry -> finished(line, entry, together.get()));
                return together.get();
            }
            return oneByOne(line, next, arrivals);
        } finally {
            parts.running().end(line);
        }
    }

    // a message that waits holds those of its key, and no other one that only shares the line
    private Answer oneByOne(Line line, List<LineEntry> next, List<LiveMessage> arrivals) {
        Answer last = LATER;
        AgainAfter waits = null;
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
                finished(line, entry, finished);
            } else if (last instanceof AgainAfter again && sharesLine(arrivals.get(i))) {
                entry.tryAgain();
                waiting.add(entry);
                waits = waits == null ? again : waits;
            } else {
                return last;
            }
        }
        return waits == null ? last : waits;
    }

    private static void finished(Line line, LineEntry entry, Finished answer) {
        if (answer.duplicate()) {
            line.partition().metDuplicate();
        }
        line.partition().finished(line, entry);
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
        Answer answer = live(arrival);
        if (answer instanceof Held) {
            entry.hold();
        } else {
            entry.survive();
        }
        return answer;
    }

    private Answer live(LiveMessage arrival) {
        try {
            return parts.deliveries().live().deliver(arrival);
        } catch (RuntimeException e) {
            log.error(
                    "{}: it could not be delivered. Next attempt in {}",
                    MessageText.of(settings, arrival.message()),
                    LATER_DELAY,
                    e);
            return LATER;
        }
    }

    private LiveMessage arrival(LineEntry entry, Start start) {
        ConsumerRecord<byte[], byte[]> record = entry.record();
        ReceivedMessage message = parts.identity().message(settings.group(), record, start.topicId());
        return new LiveMessage(
                message, record.offset() < start.forgottenBefore(), entry.isSuspect(), entry.held(), entry.heldFor());
    }
}
