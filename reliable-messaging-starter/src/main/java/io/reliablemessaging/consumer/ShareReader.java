package io.reliablemessaging.consumer;

import io.reliablemessaging.delivery.ListenerSettings;
import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * One member of a share group, on one thread that alone uses its consumer:
 *
 * <ol>
 *   <li>the cluster lends it records, as many as {@link LotRule} says, for a limited time;
 *   <li>those that are in work are borrowed again, long before the time is over;
 *   <li>a record is accepted when the group has taken charge of it in the database. It is never rejected, whatever a handler
 *       does;
 *   <li>nothing new is lent before all of them are answered;
 *   <li>while there is no memory, or something is away, it asks for nothing. What it has asked for before comes all the same.
 * </ol>
 *
 * <p>A member that leaves gives back at once what has not begun, unless that was lent too often, and stays until the rest is
 * done, within a bound. Whatever is not accepted when it leaves, or dies, goes to another one; the cluster may count that as a
 * delivery, as 4.2 does.
 */
final class ShareReader implements Runnable {

    private static final Logger log = ReadableLogger.of(ShareReader.class);
    private static final Duration IDLE = Duration.ofMillis(250);
    private static final Duration TROUBLE = Duration.ofSeconds(2);
    private static final Duration ANSWERED = Duration.ofSeconds(5);
    private static final int LOCK_PART = 3;
    private static final int NOTHING_NEW = -1;
    private static final int DEFAULT_LOCK_MILLIS = 15_000;

    private final ListenerSettings settings;
    private final int number;
    private final Source source;
    private final LotRule lots;
    private final ShareWork.Lending lending;
    private final Infrastructure infrastructure;
    private final FailureLog failures;
    private final Map<Place, ShareWork> begun = new HashMap<>();
    private final Map<Place, ConsumerRecord<byte[], byte[]>> lent = new HashMap<>();
    private final Set<Place> renewing = new HashSet<>();
    private final AtomicInteger inWork = new AtomicInteger();
    private final Semaphore woken = new Semaphore(0);
    private long lentSince;
    private long leaveBy;
    // wakes when no more than these are in work, which are not lent at the moment; set before it is looked at what is
    private volatile int others;
    private volatile boolean stopping;
    private volatile boolean pausedNow;
    private volatile @Nullable ShareConsumer<byte[], byte[]> consumer;
    private volatile @Nullable RuntimeException trouble;

    private record Place(TopicPartition partition, long offset) {}

    /**
     * Where records come from.
     *
     * @param topics their topics
     * @param consumers makes a consumer that is lent so many records at once
     * @param paused whether a person wants no more records read
     * @param away whether something that all records need is away, so that none should be lent
     * @param mayRead whether there is memory for more
     */
    record Source(
            Collection<String> topics,
            IntFunction<ShareConsumer<byte[], byte[]>> consumers,
            BooleanSupplier paused,
            BooleanSupplier away,
            BooleanSupplier mayRead) {}

    /**
     * Makes it.
     *
     * @param number of the member, from 1 on
     * @param lending what records are worked on with
     */
    ShareReader(
            ListenerSettings settings,
            int number,
            Source source,
            LotRule lots,
            ShareWork.Lending lending,
            Infrastructure infrastructure) {
        this.settings = settings;
        this.number = number;
        this.source = source;
        this.lots = lots;
        this.lending = lending;
        this.infrastructure = infrastructure;
        this.failures = new FailureLog(
                log,
                Level.ERROR,
                infrastructure,
                "Listener %s cannot read; it tries again until it can".formatted(settings.id()),
                "Listener %s reads again".formatted(settings.id()));
    }

    @Override
    public void run() {
        while (!stopping) {
            pausedNow = source.paused().getAsBoolean();
            int lot = lots.records(number);
            if (pausedNow || lot == 0) {
                trouble = null;
                rest(IDLE);
                continue;
            }
            try (ShareConsumer<byte[], byte[]> opened = source.consumers().apply(lot)) {
                consumer = opened;
                opened.subscribe(source.topics());
                read(opened, lot);
                finish(opened);
            } catch (RuntimeException e) {
                failures.failed(e);
                trouble = e;
                rest(TROUBLE);
            } finally {
                consumer = null;
                forget();
            }
        }
    }

    void stop() {
        stopping = true;
        woken.release();
    }

    boolean isPaused() {
        return pausedNow;
    }

    Optional<RuntimeException> trouble() {
        return Optional.ofNullable(trouble).filter(thrown -> !infrastructure.explains(thrown));
    }

    Map<MetricName, ? extends Metric> metrics() {
        ShareConsumer<byte[], byte[]> current = consumer;
        return current == null ? Map.of() : current.metrics();
    }

    private void read(ShareConsumer<byte[], byte[]> consumer, int lot) {
        boolean asked = false;
        while (goesOn(lot)) {
            if (!asked
                    && renewing.isEmpty()
                    && (source.away().getAsBoolean() || !source.mayRead().getAsBoolean())) {
                consumer.commitAsync(); // the answers that the next poll would have sent
                rest(IDLE);
                continue;
            }
            ConsumerRecords<byte[], byte[]> records = consumer.poll(IDLE);
            // a client goes on asking by itself until it is lent something, which nobody else gets before we poll again
            asked = records.isEmpty();
            lend(records, lot);
            await(renewal(consumer), () -> !goesOn(lot));
            if (goesOn(lot)) {
                answer(consumer);
            }
            failures.worked();
            trouble = null;
        }
    }

    private boolean goesOn(int lot) {
        return !isLeaving() && lots.records(number) == lot;
    }

    private boolean isLeaving() {
        return stopping || source.paused().getAsBoolean();
    }

    // a record that is borrowed again comes with a later poll, and is known by its place; until all have come, no new
    // one does
    private void lend(ConsumerRecords<byte[], byte[]> records, int lot) {
        boolean begins = goesOn(lot);
        boolean anyNew = false;
        for (ConsumerRecord<byte[], byte[]> record : records) {
            Place place = place(record);
            lent.put(place, record);
            if (!renewing.remove(place) && begins && !begun.containsKey(place)) {
                anyNew = true;
                inWork.incrementAndGet();
                ShareWork work = new ShareWork(lending, record, this::ended);
                begun.put(place, work);
                work.start();
            }
        }
        if (anyNew) {
            lentSince = System.nanoTime();
            // what could not be borrowed again
            renewing.clear();
            begun.entrySet().removeIf(each -> !each.getValue().isInWork() && !lent.containsKey(each.getKey()));
        }
    }

    private void ended() {
        if (inWork.decrementAndGet() <= others) {
            woken.release();
        }
    }

    private void answer(ShareConsumer<byte[], byte[]> consumer) {
        for (Map.Entry<Place, ConsumerRecord<byte[], byte[]>> each : lent.entrySet()) {
            ShareWork work = begun.get(each.getKey());
            AcknowledgeType answer = work == null ? AcknowledgeType.RELEASE : work.acknowledgement();
            try {
                consumer.acknowledge(each.getValue(), answer);
                if (answer == AcknowledgeType.RENEW) {
                    renewing.add(each.getKey());
                }
            } catch (IllegalStateException e) {
                log.debug("Record {} was lent to somebody else; whoever commits first counts", each.getKey(), e);
            }
            if (answer != AcknowledgeType.RENEW) {
                begun.remove(each.getKey());
            }
        }
        if (lent.size() == 1 && renewing.isEmpty()) {
            lots.handled(System.nanoTime() - lentSince);
        }
        lent.clear();
        if (!renewing.isEmpty()) {
            // a poll that has to wait for renewals would have new records lent to us, and hide them until their time is
            // over
            consumer.commitSync(ANSWERED);
        }
    }

    /** Gives back what has not begun, and lets the rest finish, as long as it may. */
    private void finish(ShareConsumer<byte[], byte[]> consumer) {
        leaveBy = 0;
        begun.values().forEach(ShareWork::withdraw);
        Duration renewal = renewal(consumer);
        await(renewal.compareTo(LotRule.LONG) < 0 ? renewal : LotRule.LONG, this::isTooLate);
        while ((isInWork(lent.keySet()) || isInWork(renewing)) && !isTooLate()) {
            answer(consumer);
            lend(consumer.poll(IDLE), NOTHING_NEW);
            await(renewal(consumer), this::isTooLate);
        }
        lent.keySet()
                .removeIf(
                        place -> !begun.containsKey(place) || !begun.get(place).isDone());
        answer(consumer);
        consumer.commitSync(ANSWERED);
    }

    // who makes room for members with one record each stays until its own are done
    private boolean isTooLate() {
        if (!isLeaving()) {
            return false;
        }
        if (leaveBy == 0) {
            leaveBy = System.nanoTime() + settings.handOverLimit().toNanos();
        }
        return System.nanoTime() - leaveBy >= 0;
    }

    private void forget() {
        begun.values().forEach(ShareWork::withdraw);
        begun.values().removeIf(work -> !work.isInWork()); // the rest is known when it comes back
        lent.clear();
        renewing.clear();
    }

    private static Duration renewal(ShareConsumer<byte[], byte[]> consumer) {
        return Duration.ofMillis(consumer.acquisitionLockTimeoutMs().orElse(DEFAULT_LOCK_MILLIS) / LOCK_PART);
    }

    /** Waits until nothing of what is lent is in work, at most this long, and no longer than until it is enough. */
    private void await(Duration limit, BooleanSupplier enough) {
        long end = System.nanoTime() + limit.toNanos();
        others = (int) begun.entrySet().stream()
                .filter(each -> each.getValue().isInWork() && !lent.containsKey(each.getKey()))
                .count();
        while (isInWork(lent.keySet())) {
            long left = end - System.nanoTime();
            if (left <= 0 || enough.getAsBoolean() || Thread.currentThread().isInterrupted()) {
                return;
            }
            rest(Duration.ofNanos(Math.min(left, LotRule.LONG.toNanos())));
            long now = System.nanoTime();
            if (source.away().getAsBoolean()) {
                lentSince = now;
            } else if (now - lentSince >= LotRule.LONG.toNanos() && isInWork(lent.keySet())) {
                lots.tookLong();
            }
        }
    }

    private boolean isInWork(Set<Place> places) {
        return places.stream()
                .anyMatch(place -> begun.containsKey(place) && begun.get(place).isInWork());
    }

    private void rest(Duration limit) {
        try {
            if (woken.tryAcquire(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                woken.drainPermits();
            }
        } catch (InterruptedException e) {
            stopping = true;
            Thread.currentThread().interrupt();
        }
    }

    private static Place place(ConsumerRecord<?, ?> record) {
        return new Place(new TopicPartition(record.topic(), record.partition()), record.offset());
    }
}
