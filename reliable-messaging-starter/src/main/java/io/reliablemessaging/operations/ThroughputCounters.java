package io.reliablemessaging.operations;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.Delivery;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.MessagingSnapshot.Throughput;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.LongAdder;

/** Counts what this instance does, and remembers the counts of a minute ago. */
final class ThroughputCounters implements MessagingObserver {

    private static final Duration PERIOD = Duration.ofMinutes(1);

    private final LongAdder published = new LongAdder();
    private final LongAdder sent = new LongAdder();
    private final LongAdder handled = new LongAdder();
    private final LongAdder duplicates = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder dead = new LongAdder();
    // the first is the oldest
    private final Deque<Sample> samples = new ArrayDeque<>();

    private record Sample(
            long nanos, long published, long sent, long handled, long duplicates, long failed, long dead) {}

    ThroughputCounters() {
        samples.add(new Sample(System.nanoTime(), 0, 0, 0, 0, 0, 0));
    }

    /** Stores the present counts. Call it every few seconds. */
    synchronized void sample() {
        Sample now = now();
        while (samples.size() > 1 && now.nanos() - samples.getFirst().nanos() > PERIOD.toNanos()) {
            samples.removeFirst();
        }
        samples.add(now);
    }

    /** Returns what was done since the oldest sample. */
    synchronized Throughput lately() {
        Sample then = samples.getFirst();
        Sample now = now();
        return new Throughput(
                Duration.ofMillis(Duration.ofNanos(now.nanos() - then.nanos()).toMillis()),
                now.published() - then.published(),
                now.sent() - then.sent(),
                now.handled() - then.handled(),
                now.duplicates() - then.duplicates(),
                now.failed() - then.failed(),
                now.dead() - then.dead());
    }

    /** Returns how many messages were sent since the start. */
    long sentInAll() {
        return sent.sum();
    }

    /** Returns how many messages were handled since the start, or were found to be handled before. */
    long handledInAll() {
        return handled.sum() + duplicates.sum();
    }

    private Sample now() {
        return new Sample(
                System.nanoTime(),
                published.sum(),
                sent.sum(),
                handled.sum(),
                duplicates.sum(),
                failed.sum(),
                dead.sum());
    }

    @Override
    public void published(MessageId id, String topic) {
        published.increment();
    }

    @Override
    public void sent(Confirmation confirmation, Duration waited) {
        sent.increment();
    }

    @Override
    public void handled(Delivery delivery) {
        handled.increment();
    }

    @Override
    public void duplicate(Delivery delivery) {
        duplicates.increment();
    }

    @Override
    public void failed(Delivery delivery, Throwable cause, Duration retryIn) {
        failed.increment();
    }

    @Override
    public void dead(Delivery delivery, Throwable cause) {
        dead.increment();
    }
}
