package io.reliablemessaging.consumer;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.delivery.DeliveryAnswer;
import io.reliablemessaging.delivery.DeliveryAnswer.AwaitOutage;
import io.reliablemessaging.delivery.DeliveryAnswer.Finished;
import io.reliablemessaging.delivery.DeliveryAnswer.RetryAfter;
import io.reliablemessaging.delivery.ListenerSettings;
import io.reliablemessaging.delivery.LiveMessage;
import io.reliablemessaging.delivery.MessageText;
import io.reliablemessaging.lines.KeyLine;
import io.reliablemessaging.lines.LineEntry;
import io.reliablemessaging.lines.PartitionLines.Start;
import io.reliablemessaging.permits.HandlerPool;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.wire.ReceivedMessage;
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
    // also while the listener is paused, until its partition is given up or the listener goes on
    private static final DeliveryAnswer LATER = new RetryAfter(LATER_DELAY, false);

    private final ConsumerServices services;
    private final ListenerSettings settings;
    private final HandlerPool.Share share;
    private final int together;
    private volatile boolean failed;

    Dispatcher(ConsumerServices services) {
        this.services = services;
        this.settings = services.settings();
        this.share = services.pool().join(settings.id(), "rm-" + settings.id() + "-", settings.concurrency());
        this.together = settings.transaction() == TransactionMode.BATCH ? BATCH : 1;
    }

    void run(List<KeyLine> lines) {
        lines.forEach(this::run);
    }

    private void run(KeyLine keyLine) {
        share.execute(() -> runTurn(keyLine));
    }

    /** Starts no more runs. */
    void close() {
        share.close();
    }

    private void runTurn(KeyLine keyLine) {
        long end = System.nanoTime() + TURN_NANOS;
        int records = 0;
        do {
            List<LineEntry> next = keyLine.partition().take(keyLine, together);
            if (next.isEmpty() || !deliverNext(keyLine, next)) {
                return;
            }
            records += next.size();
        } while (records < TURN && System.nanoTime() - end < 0);
        run(keyLine);
    }

    /**
     * Delivers the first records of a line.
     *
     * @return whether the line is to be run again now
     */
    private boolean deliverNext(KeyLine keyLine, List<LineEntry> next) {
        OutageQueue away = services.outages().blocking(keyLine);
        if (away != null) {
            await(away, keyLine);
            return false;
        }
        DeliveryAnswer deliveryAnswer = failed || !services.mayHandle() ? LATER : deliverGuarded(keyLine, next);
        if (keyLine.partition().isAbandoned(keyLine)) {
            return false; // another run has its records
        }
        EndOfRun end = new EndOfRun(keyLine);
        deliveryAnswer.on(end);
        return end.runAgain;
    }

    /** Ends the run of a line as its answer says. */
    private final class EndOfRun implements DeliveryAnswer.Cases {

        private final KeyLine keyLine;
        private boolean runAgain;

        private EndOfRun(KeyLine keyLine) {
            this.keyLine = keyLine;
        }

        @Override
        public void finished(Finished finished) {
            services.outages().noteAnswer(finished);
            runAgain = keyLine.partition().proceed(keyLine);
        }

        @Override
        public void retryAfter(RetryAfter retry) {
            services.outages().noteAnswer(retry);
            retryLater(keyLine, retry.delay());
        }

        @Override
        public void awaitOutage(AwaitOutage outageQueue) {
            await(services.outages().begin(outageQueue), keyLine);
        }
    }

    private void await(OutageQueue outageQueue, KeyLine keyLine) {
        long wait = keyLine.partition().suspend(keyLine);
        outageQueue.await(keyLine, () -> wake(keyLine, wait));
    }

    private void retryLater(KeyLine keyLine, Duration delay) {
        long wait = keyLine.partition().suspend(keyLine);
        services.timer().schedule(delay, "retry of listener " + settings.id() + " for " + keyLine, () -> {
            boolean unused = wake(keyLine, wait);
        });
    }

    private boolean wake(KeyLine keyLine, long wait) {
        if (!keyLine.partition().wake(keyLine, wait)) {
            return false;
        }
        run(keyLine);
        return true;
    }

    private DeliveryAnswer deliverGuarded(KeyLine keyLine, List<LineEntry> next) {
        try {
            return deliverTaken(keyLine, next);
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
            services.fail(e);
            return LATER;
        }
    }

    private DeliveryAnswer deliverTaken(KeyLine keyLine, List<LineEntry> next) {
        Start start = keyLine.partition().start();
        List<LiveMessage> arrivals =
                next.stream().map(entry -> toLiveMessage(entry, start)).toList();
        begin(keyLine, arrivals.get(0).message());
        try {
            Optional<Finished> together = next.size() == 1
                    ? Optional.empty()
                    : services.deliveries().batch().deliver(arrivals, message -> beginInBatch(keyLine, message));
            if (together.isPresent()) {
                next.forEach(entry -> finish(keyLine, entry, together.get()));
                return together.get();
            }
            return deliverOneByOne(keyLine, next, arrivals);
        } finally {
            services.running().end(keyLine);
        }
    }

    // a message that is retried makes the others of its key wait, and no message that only shares its line
    private DeliveryAnswer deliverOneByOne(KeyLine keyLine, List<LineEntry> next, List<LiveMessage> arrivals) {
        DeliveryAnswer last = LATER;
        RetryAfter waits = null;
        List<LineEntry> waiting = new ArrayList<>();
        for (int i = 0; i < next.size(); i++) {
            LineEntry entry = next.get(i);
            if (keyLine.partition().isAbandoned(keyLine)) {
                return last;
            }
            if (waiting.stream().anyMatch(entry::hasKeyOf)) {
                continue;
            }
            if (!services.mayHandle()) {
                return LATER;
            }
            last = deliver(keyLine, entry, arrivals.get(i));
            if (last instanceof Finished finished) {
                finish(keyLine, entry, finished);
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

    private static void finish(KeyLine keyLine, LineEntry entry, Finished deliveryAnswer) {
        if (deliveryAnswer.duplicate()) {
            keyLine.partition().noteDuplicate();
        }
        keyLine.partition().finish(keyLine, entry);
    }

    private boolean sharesLine(LiveMessage arrival) {
        return together > 1 && settings.ordering() != Ordering.PARTITION && !arrival.suspect();
    }

    // the transaction of the batch is rolled back: all of its messages are handled when the listener goes on
    private void beginInBatch(KeyLine keyLine, ReceivedMessage message) {
        if (!services.mayHandle()) {
            throw new IllegalStateException("Listener " + settings.id() + " was paused during a batch");
        }
        begin(keyLine, message);
    }

    private void begin(KeyLine keyLine, ReceivedMessage message) {
        services.running()
                .begin(
                        keyLine,
                        message,
                        () -> keyLine.partition().abandon(keyLine).forEach(this::run));
    }

    private DeliveryAnswer deliver(KeyLine keyLine, LineEntry entry, LiveMessage arrival) {
        begin(keyLine, arrival.message());
        DeliveryAnswer deliveryAnswer = deliverLive(arrival);
        if (deliveryAnswer instanceof AwaitOutage) {
            entry.countOutageFailure();
        } else {
            entry.markSurvived();
        }
        return deliveryAnswer;
    }

    private DeliveryAnswer deliverLive(LiveMessage arrival) {
        try {
            return services.deliveries().live().deliver(arrival);
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
        ReceivedMessage message = services.identity().message(settings.group(), record, start.topicId());
        return new LiveMessage(
                message,
                record.offset() < start.forgottenBefore(),
                entry.isSuspect(),
                entry.outageFailures(),
                entry.outageDuration());
    }
}
