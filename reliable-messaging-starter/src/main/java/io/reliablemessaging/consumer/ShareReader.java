package io.reliablemessaging.consumer;

import io.reliablemessaging.delivery.ListenerSettings;
import io.reliablemessaging.lines.ShareLotRule;
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
 * Runs one member of a share group, on one thread, the only one that uses its consumer:
 *
 * <ol>
 *   <li>it acquires as many records as {@link ShareLotRule} says, for a limited time (the acquisition lock);
 *   <li>the lock of records in work is renewed long before it expires;
 *   <li>a record is accepted once the group has taken charge of it in the database. It is never rejected, whatever a handler
 *       does;
 *   <li>no new records are acquired before all of a lot are acknowledged;
 *   <li>while there is no memory, or an outage is on, it does not poll. Records of an earlier request arrive all the same.
 * </ol>
 *
 * <p>A member that leaves releases at once the records that have not started, unless those were delivered too often, and
 * stays until the rest is done, within a bound. Records that are not accepted when it leaves or crashes go to another
 * member; Kafka 4.2 counts that as a delivery.
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
    private final ShareLotRule lots;
    private final ShareWork.Context context;
    private final Infrastructure infrastructure;
    private final FailureLog failures;
    private final Map<Place, ShareWork> begun = new HashMap<>();
    private final Map<Place, ConsumerRecord<byte[], byte[]>> acquired = new HashMap<>();
    private final Set<Place> renewing = new HashSet<>();
    private final AtomicInteger inWork = new AtomicInteger();
    private final Semaphore woken = new Semaphore(0);
    private long acquiredSince;
    private long leaveBy;
    // the records in work that are not acquired at the moment: the thread wakes when
    // only these are left; set before they are counted
    private volatile int others;
    private volatile boolean stopping;
    private volatile boolean pausedNow;
    private volatile @Nullable ShareConsumer<byte[], byte[]> consumer;
    private volatile @Nullable RuntimeException trouble;

    private record Place(TopicPartition partition, long offset) {}

    /**
     * The source of records, and the conditions for reading.
     *
     * @param topics the topics of the listener
     * @param consumers creates a consumer that acquires so many records at once
     * @param paused whether a person has paused the listener
     * @param away whether an outage stops all records, so that none should be acquired
     * @param mayRead whether there is memory for more
     */
    record Source(
            Collection<String> topics,
            IntFunction<ShareConsumer<byte[], byte[]>> consumers,
            BooleanSupplier paused,
            BooleanSupplier away,
            BooleanSupplier mayRead) {}

    /**
     * Creates a member that is not started.
     *
     * @param number of the member, from 1 on
     * @param context what the delivery of records needs
     */
    ShareReader(
            ListenerSettings settings,
            int number,
            Source source,
            ShareLotRule lots,
            ShareWork.Context context,
            Infrastructure infrastructure) {
        this.settings = settings;
        this.number = number;
        this.source = source;
        this.lots = lots;
        this.context = context;
        this.infrastructure = infrastructure;
        this.failures = new FailureLog(
                log,
                Level.ERROR,
                infrastructure,
                "Listener %s cannot read; it retries until it can".formatted(settings.id()),
                "Listener %s reads again".formatted(settings.id()));
    }

    @Override
    public void run() {
        while (!stopping) {
            pausedNow = source.paused().getAsBoolean();
            int lot = lots.records(number);
            if (pausedNow || lot == 0) {
                trouble = null;
                sleep(IDLE);
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
                sleep(TROUBLE);
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
                consumer.commitAsync(); // sends the acknowledgements that the next poll would have sent
                sleep(IDLE);
                continue;
            }
            ConsumerRecords<byte[], byte[]> records = consumer.poll(IDLE);
            // a client repeats its request until it acquires something, which no other member gets before we poll again
            asked = records.isEmpty();
            receive(records, lot);
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

    // a renewed record comes with a later poll, and is known by its place; no new record comes before all of these have
    private void receive(ConsumerRecords<byte[], byte[]> records, int lot) {
        boolean begins = goesOn(lot);
        boolean anyNew = false;
        for (ConsumerRecord<byte[], byte[]> record : records) {
            Place place = place(record);
            acquired.put(place, record);
            if (!renewing.remove(place) && begins && !begun.containsKey(place)) {
                anyNew = true;
                inWork.incrementAndGet();
                ShareWork work = new ShareWork(context, record, this::noteEnded);
                begun.put(place, work);
                work.start();
            }
        }
        if (anyNew) {
            acquiredSince = System.nanoTime();
            // those that could not be renewed
            renewing.clear();
            begun.entrySet().removeIf(each -> !each.getValue().isInWork() && !acquired.containsKey(each.getKey()));
        }
    }

    private void noteEnded() {
        if (inWork.decrementAndGet() <= others) {
            woken.release();
        }
    }

    private void answer(ShareConsumer<byte[], byte[]> consumer) {
        for (Map.Entry<Place, ConsumerRecord<byte[], byte[]>> each : acquired.entrySet()) {
            ShareWork work = begun.get(each.getKey());
            AcknowledgeType answer = work == null ? AcknowledgeType.RELEASE : work.acknowledgement();
            try {
                consumer.acknowledge(each.getValue(), answer);
                if (answer == AcknowledgeType.RENEW) {
                    renewing.add(each.getKey());
                }
            } catch (IllegalStateException e) {
                log.debug(
                        "Record {} was acquired by another member; of two transactions for it, the inbox lets only the first commit",
                        each.getKey(),
                        e);
            }
            if (answer != AcknowledgeType.RENEW) {
                begun.remove(each.getKey());
            }
        }
        if (acquired.size() == 1 && renewing.isEmpty()) {
            lots.noteHandled(System.nanoTime() - acquiredSince);
        }
        acquired.clear();
        if (!renewing.isEmpty()) {
            // a poll that waits for renewals would acquire new records and hide them until their locks expire
            consumer.commitSync(ANSWERED);
        }
    }

    /** Releases the records that have not started, and lets the rest finish before the deadline. */
    private void finish(ShareConsumer<byte[], byte[]> consumer) {
        leaveBy = 0;
        begun.values().forEach(ShareWork::withdraw);
        Duration renewal = renewal(consumer);
        await(renewal.compareTo(ShareLotRule.LONG) < 0 ? renewal : ShareLotRule.LONG, this::updateDeadline);
        while ((isInWork(acquired.keySet()) || isInWork(renewing)) && !updateDeadline()) {
            answer(consumer);
            receive(consumer.poll(IDLE), NOTHING_NEW);
            await(renewal(consumer), this::updateDeadline);
        }
        acquired.keySet()
                .removeIf(
                        place -> !begun.containsKey(place) || !begun.get(place).isDone());
        answer(consumer);
        consumer.commitSync(ANSWERED);
    }

    // Sets the deadline once the listener stops or pauses, and tells whether it has passed. A member that only makes
    // room for members with one record each has no deadline.
    private boolean updateDeadline() {
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
        begun.values().removeIf(work -> !work.isInWork()); // the rest is recognized when it is acquired again
        acquired.clear();
        renewing.clear();
    }

    private static Duration renewal(ShareConsumer<byte[], byte[]> consumer) {
        return Duration.ofMillis(consumer.acquisitionLockTimeoutMs().orElse(DEFAULT_LOCK_MILLIS) / LOCK_PART);
    }

    /** Waits until no acquired record is in work, the limit is over, or {@code enough} is true. */
    private void await(Duration limit, BooleanSupplier enough) {
        long end = System.nanoTime() + limit.toNanos();
        others = (int) begun.entrySet().stream()
                .filter(each -> each.getValue().isInWork() && !acquired.containsKey(each.getKey()))
                .count();
        while (isInWork(acquired.keySet())) {
            long left = end - System.nanoTime();
            if (left <= 0 || enough.getAsBoolean() || Thread.currentThread().isInterrupted()) {
                return;
            }
            sleep(Duration.ofNanos(Math.min(left, ShareLotRule.LONG.toNanos())));
            long now = System.nanoTime();
            if (source.away().getAsBoolean()) {
                acquiredSince = now;
            } else if (now - acquiredSince >= ShareLotRule.LONG.toNanos() && isInWork(acquired.keySet())) {
                lots.noteSlow();
            }
        }
    }

    private boolean isInWork(Set<Place> places) {
        return places.stream()
                .anyMatch(place -> begun.containsKey(place) && begun.get(place).isInWork());
    }

    private void sleep(Duration limit) {
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
