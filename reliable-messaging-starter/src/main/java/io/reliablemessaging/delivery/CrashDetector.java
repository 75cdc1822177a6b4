package io.reliablemessaging.delivery;

import io.reliablemessaging.inbox.ListenedPartition;
import io.reliablemessaging.inbox.PartitionHistory;
import io.reliablemessaging.inbox.PartitionHistory.Begun;
import io.reliablemessaging.inbox.PartitionHistory.Noted;
import io.reliablemessaging.inbox.PartitionProgress;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.wire.ReceivedMessage;
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
 * Finds a record that crashes the process before a failure can be counted. This costs one statement when partitions are
 * assigned. Only if consumers in a row have crashed at one offset, the next records are handled one at a time, and each is
 * noted before its delivery.
 */
public final class CrashDetector {

    private static final Logger log = ReadableLogger.of(CrashDetector.class);

    // a first crash may have any cause
    private static final int SUSPICIOUS = 2;
    private static final int TRIES = 2;
    private static final int CAREFUL_RECORDS = 100;

    private final PartitionHistory history;
    private final ListenerSettings settings;

    CrashDetector(PartitionHistory history, ListenerSettings settings) {
        this.history = history;
        this.settings = settings;
    }

    /**
     * Writes that a consumer begins with partitions, in one statement.
     *
     * @param consumer a random id for this run of the consumer
     */
    public Begun begin(UUID consumer, Map<ListenedPartition, Long> positions) {
        return history.begin(consumer, settings.group(), positions);
    }

    /**
     * Finds the offset below which records are suspects, and logs if there are any.
     *
     * @param crashes how many consumers in a row have crashed at this position
     */
    public long findCarefulBefore(TopicPartition partition, long position, int crashes) {
        if (crashes < SUSPICIOUS) {
            return position;
        }
        log.warn(
                "{} consumers of group {} in a row have crashed at {} offset {}. The next records are handled one at a time, to find the one that crashes them",
                crashes,
                settings.group(),
                partition,
                position);
        return position + CAREFUL_RECORDS;
    }

    /** Writes how far partitions are, in one statement; see {@link PartitionHistory#noteProgress}. */
    public Noted noteProgress(
            UUID consumer, Map<ListenedPartition, PartitionProgress> progress, @Nullable Instant before) {
        return history.noteProgress(consumer, settings.group(), progress, before);
    }

    /** Writes how far a share group is, in two statements; see {@link PartitionHistory#noteShared}. */
    public Noted noteShared(Map<ListenedPartition, PartitionProgress> progress, @Nullable Instant before) {
        return history.noteShared(settings.group(), progress, before);
    }

    /** Returns how often to write progress with the ends of the partitions. */
    public Duration checkpointStep() {
        return history.checkpointStep();
    }

    /**
     * Writes that partitions were handed over in an orderly way, in one statement. If that fails, the next owner counts one
     * crash.
     */
    public void noteHandedOver(UUID consumer, Map<ListenedPartition, Long> done) {
        try {
            history.end(consumer, settings.group(), done);
        } catch (DataAccessException e) {
            log.debug(
                    "Could not write that the consumer of {} has ended well; the next one counts a crash",
                    done.keySet(),
                    e);
        }
    }

    /**
     * Writes that a suspect is about to be handled.
     *
     * @return why the record must not be handled, if it was about to be handled too often before
     */
    Optional<Throwable> judge(ReceivedMessage message) {
        int tries = history.suspect(settings.group(), message.message().topic(), message.partition(), message.offset());
        return tries <= TRIES
                ? Optional.empty()
                : Optional.of(new ConsumerDiedException(
                        "%d consumers in a row crashed while handling it".formatted(tries - 1)));
    }
}
