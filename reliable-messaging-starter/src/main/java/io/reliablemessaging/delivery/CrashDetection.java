package io.reliablemessaging.delivery;

import io.reliablemessaging.deadletter.ReceivedMessage;
import io.reliablemessaging.inbox.ListenedPartition;
import io.reliablemessaging.inbox.PartitionWatch;
import io.reliablemessaging.inbox.PartitionWatch.Begun;
import io.reliablemessaging.inbox.PartitionWatch.Noted;
import io.reliablemessaging.inbox.Progress;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.dao.DataAccessException;

/**
 * Finds a record that ends the process before any failure can be counted. Costs one statement when partitions are assigned;
 * only if consumers in a row have died at one place are the next records handled one at a time, each noted before.
 */
public final class CrashDetection {

    private static final Logger log = ReadableLogger.of(CrashDetection.class);

    // a first death may have been anything
    private static final int SUSPICIOUS = 2;
    private static final int TRIES = 2;
    private static final int CAREFUL_RECORDS = 100;

    private final PartitionWatch watch;
    private final ListenerSettings settings;

    CrashDetection(PartitionWatch watch, ListenerSettings settings) {
        this.watch = watch;
        this.settings = settings;
    }

    /**
     * Notes that a consumer begins with partitions, in one statement.
     *
     * @param consumer a random id for this run of the consumer
     */
    public Begun begin(UUID consumer, Map<ListenedPartition, Long> positions) {
        return watch.begin(consumer, settings.group(), positions);
    }

    /** Offset below which records are suspects, given how many consumers in a row have died at this position. */
    public long carefulBefore(TopicPartition partition, long position, int deaths) {
        if (deaths < SUSPICIOUS) {
            return position;
        }
        log.warn(
                "{} consumers of group {} in a row have died at {} offset {}; the next records are handled one at a time",
                deaths,
                settings.group(),
                partition,
                position);
        return position + CAREFUL_RECORDS;
    }

    /** Notes how far partitions are, in one statement; see {@link PartitionWatch#noteProgress}. */
    public Noted noteProgress(UUID consumer, Map<ListenedPartition, Progress> progress, @Nullable Instant before) {
        return watch.noteProgress(consumer, settings.group(), progress, before);
    }

    /** Notes how far a share group is, in two statements; see {@link PartitionWatch#noteShared}. */
    public Noted noteShared(Map<ListenedPartition, Progress> progress, @Nullable Instant before) {
        return watch.noteShared(settings.group(), progress, before);
    }

    /** How often progress is to be noted with the ends of the partitions. */
    public Duration checkpointStep() {
        return watch.checkpointStep();
    }

    /** Notes that partitions were handed over in an orderly way, in one statement. */
    public void ended(UUID consumer, Map<ListenedPartition, Long> done) {
        try {
            watch.end(consumer, settings.group(), done);
        } catch (DataAccessException e) {
            log.debug("Not noted that the consumer of {} ended well", done.keySet(), e);
        }
    }

    /** Notes a suspect that is about to be handled; if it was noted too often before, it is guilty. */
    Optional<Throwable> judge(ReceivedMessage message) {
        int tries = watch.suspect(settings.group(), message.message().topic(), message.partition(), message.offset());
        return tries <= TRIES
                ? Optional.empty()
                : Optional.of(
                        new ConsumerDiedException("%d consumers in a row died while handling it".formatted(tries - 1)));
    }
}
