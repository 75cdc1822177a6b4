package io.reliablemessaging.consumer;

import io.reliablemessaging.delivery.ListenerSettings;
import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
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
 *   <li>the cluster lends it a record, for a limited time;
 *   <li>while the record is in work, it is borrowed again, long before the time is over;
 *   <li>when the group has taken charge of the record in the database, it is accepted. It is never rejected, whatever a
 *       handler does, and never given back while this member lives: both would bring it nearer to being given up.
 * </ol>
 *
 * <p>Whatever is not accepted when the member leaves, or dies, goes to another one.
 */
final class ShareReader implements Runnable {

    private static final Logger log = ReadableLogger.of(ShareReader.class);
    private static final Duration IDLE = Duration.ofMillis(250);
    private static final Duration TROUBLE = Duration.ofSeconds(2);
    private static final Duration LAST_ANSWER = Duration.ofSeconds(5);
    private static final int LOCK_PART = 3;
    private static final int DEFAULT_LOCK_MILLIS = 15_000;

    private final ListenerSettings settings;
    private final Collection<String> topics;
    private final Supplier<ShareConsumer<byte[], byte[]>> consumers;
    private final BiFunction<ConsumerRecord<byte[], byte[]>, Runnable, ShareWork> works;
    private final BooleanSupplier paused;
    private final BooleanSupplier away;
    private final Infrastructure infrastructure;
    private final FailureLog failures;
    private final Map<Place, ShareWork> begun = new HashMap<>();
    private final Map<Place, ConsumerRecord<byte[], byte[]>> lent = new HashMap<>();
    private final Semaphore woken = new Semaphore(0);
    private volatile boolean stopping;
    private volatile boolean pausedNow;
    private volatile @Nullable ShareConsumer<byte[], byte[]> consumer;
    private volatile @Nullable RuntimeException trouble;

    private record Place(TopicPartition partition, long offset) {}

    /**
     * Makes it.
     *
     * @param works begins to work on a record, and calls back at the end
     * @param paused whether a person wants no more records read
     * @param away whether something that all records need is away, so that none should be lent
     */
    ShareReader(
            ListenerSettings settings,
            Collection<String> topics,
            Supplier<ShareConsumer<byte[], byte[]>> consumers,
            BiFunction<ConsumerRecord<byte[], byte[]>, Runnable, ShareWork> works,
            BooleanSupplier paused,
            BooleanSupplier away,
            Infrastructure infrastructure) {
        this.settings = settings;
        this.topics = topics;
        this.consumers = consumers;
        this.works = works;
        this.paused = paused;
        this.away = away;
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
            pausedNow = paused.getAsBoolean();
            if (pausedNow) {
                rest(IDLE);
                continue;
            }
            try (ShareConsumer<byte[], byte[]> opened = consumers.get()) {
                consumer = opened;
                opened.subscribe(topics);
                while (!stopping && !paused.getAsBoolean()) {
                    turn(opened);
                    failures.worked();
                    trouble = null;
                }
                finish(opened);
            } catch (RuntimeException e) {
                failures.failed(e);
                trouble = e;
                rest(TROUBLE);
            } finally {
                consumer = null;
                lent.clear();
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

    private void turn(ShareConsumer<byte[], byte[]> consumer) {
        if (lent.isEmpty() && begun.isEmpty() && away.getAsBoolean()) {
            rest(IDLE);
            return;
        }
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(IDLE)) {
            Place place = place(record);
            lent.put(place, record);
            begun.computeIfAbsent(place, none -> works.apply(record, woken::release));
        }
        await(renewal(consumer));
        answer(consumer);
    }

    // a record that is borrowed again comes with the next poll, and is known by its place
    private void answer(ShareConsumer<byte[], byte[]> consumer) {
        lent.forEach((place, record) -> {
            ShareWork work = begun.get(place);
            boolean done = work == null || work.isDone();
            try {
                consumer.acknowledge(record, done ? AcknowledgeType.ACCEPT : AcknowledgeType.RENEW);
            } catch (IllegalStateException e) {
                log.debug("Record {} was lent to somebody else; whoever commits first counts", place, e);
            }
        });
        lent.clear();
        begun.values().removeIf(ShareWork::isDone);
    }

    /** Lets what runs finish, within a bound; the rest goes to others. */
    private void finish(ShareConsumer<byte[], byte[]> consumer) {
        long end = System.nanoTime() + settings.handOverLimit().toNanos();
        while (isRunning() && System.nanoTime() < end) {
            Duration left = Duration.ofNanos(Math.max(1, end - System.nanoTime()));
            Duration renewal = renewal(consumer);
            await(left.compareTo(renewal) < 0 ? left : renewal);
            if (isRunning()) {
                answer(consumer);
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(IDLE)) {
                    if (begun.containsKey(place(record))) {
                        lent.put(place(record), record);
                    } else {
                        consumer.acknowledge(record, AcknowledgeType.RELEASE); // not begun, and will not be
                    }
                }
            }
        }
        lent.values().removeIf(record -> {
            ShareWork work = begun.get(place(record));
            return work != null && !work.isDone();
        });
        answer(consumer);
        consumer.commitSync(LAST_ANSWER);
        begun.clear();
    }

    private boolean isRunning() {
        return begun.values().stream().anyMatch(ShareWork::isRunning);
    }

    private static Duration renewal(ShareConsumer<byte[], byte[]> consumer) {
        return Duration.ofMillis(consumer.acquisitionLockTimeoutMs().orElse(DEFAULT_LOCK_MILLIS) / LOCK_PART);
    }

    /** Waits until nothing of what is lent runs, at most this long. */
    private void await(Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        while (lent.keySet().stream()
                .anyMatch(place -> begun.containsKey(place) && begun.get(place).isRunning())) {
            long left = end - System.nanoTime();
            if (left <= 0) {
                return;
            }
            rest(Duration.ofNanos(left));
            if (Thread.currentThread().isInterrupted()) {
                return;
            }
        }
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
