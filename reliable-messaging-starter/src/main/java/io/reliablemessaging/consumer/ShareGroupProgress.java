package io.reliablemessaging.consumer;

import io.reliablemessaging.inbox.InboxHorizon;
import io.reliablemessaging.inbox.ListenedPartition;
import io.reliablemessaging.inbox.PartitionHistory.Noted;
import io.reliablemessaging.inbox.PartitionProgress;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.topics.ShareGroups;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executor;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Writes the progress of a share group to the database, so that its inbox rows can be deleted one day, and reads which
 * records the inbox may have forgotten: once before the first member reads, so that no record is handled whose row may be
 * gone, then about every minute. A round that fails is left to the next one; rows only live longer.
 *
 * <p>While the group has members, forgotten records never come back: the cluster does not reset the offsets of a group with
 * members, and a horizon only passes records that the group has finished. So a horizon that is some minutes old is good
 * enough.
 */
final class ShareGroupProgress {

    private static final Logger log = ReadableLogger.of(ShareGroupProgress.class);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final ConsumerServices services;
    private final ShareGroups groups;
    private final ShareGroupHorizons horizons;
    private final Executor background;
    private @Nullable Instant before;
    private volatile boolean stopped;

    ShareGroupProgress(
            ConsumerServices services, ShareGroups groups, ShareGroupHorizons horizons, Executor background) {
        this.services = services;
        this.groups = groups;
        this.horizons = horizons;
        this.background = background;
    }

    /**
     * Writes the group's progress, and does so again and again until it is stopped. Call it before the first record is read.
     *
     * @throws KafkaException if the cluster does not answer
     * @throws DataAccessException if the database does not, and {@link TransactionException} likewise
     */
    void start() {
        note();
        later();
    }

    /** Stops writing. */
    void stop() {
        stopped = true;
    }

    private void later() {
        Duration step = services.deliveries().crashes().checkpointStep();
        Duration pause = step.compareTo(LONGEST_PAUSE) < 0 ? step : LONGEST_PAUSE;
        services.timer()
                .schedule(pause, "progress of listener " + services.settings().id(), () -> {
                    if (!stopped) {
                        background.execute(this::again);
                    }
                });
    }

    private void again() {
        try {
            if (!stopped && !services.outages().database().isOn()) {
                note();
            }
        } catch (RuntimeException e) {
            log.debug(
                    "Listener {} could not write the progress of its group; it retries within a minute",
                    services.settings().id(),
                    e);
        } finally {
            later();
        }
    }

    private synchronized void note() {
        Map<String, UUID> topics = topicIds();
        Map<TopicPartition, Long> starts =
                groups.startOffsets(services.settings().group());
        starts.keySet().removeIf(partition -> !topics.containsKey(partition.topic()));
        Map<TopicPartition, Long> ends = groups.endOffsets(starts.keySet());
        if (!topicIds().equals(topics)) {
            throw new KafkaException("A topic of %s was deleted and created again meanwhile; its progress is read again"
                    .formatted(topics.keySet()));
        }
        Map<ListenedPartition, PartitionProgress> progress = new HashMap<>();
        starts.forEach((partition, start) -> {
            UUID topic = topics.get(partition.topic());
            if (topic != null) {
                progress.put(
                        new ListenedPartition(partition.topic(), topic, partition.partition()),
                        new PartitionProgress(start, ends.get(partition)));
            }
        });
        if (progress.isEmpty()) {
            return;
        }
        Noted noted = services.deliveries().crashes().noteShared(progress, before);
        before = noted.at();
        Map<TopicPartition, InboxHorizon> now = new HashMap<>();
        noted.horizons()
                .forEach((partition, horizon) ->
                        now.put(new TopicPartition(partition.topic(), partition.partition()), horizon));
        horizons.update(now);
    }

    // offsets of a former topic of this name must not count
    private Map<String, UUID> topicIds() {
        Collection<String> names = services.topics();
        Set<String> unused = services.topicIds().refresh(names);
        Map<String, UUID> ids = new HashMap<>();
        for (String name : new HashSet<>(names)) {
            services.topicIds().known(name).ifPresent(id -> ids.put(name, uuid(id)));
        }
        return ids;
    }

    private static UUID uuid(Uuid id) {
        return new UUID(id.getMostSignificantBits(), id.getLeastSignificantBits());
    }
}
