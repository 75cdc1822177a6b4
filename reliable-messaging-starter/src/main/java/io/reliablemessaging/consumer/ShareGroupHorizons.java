package io.reliablemessaging.consumer;

import io.reliablemessaging.inbox.InboxHorizon;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Knows which records of a share group the inbox may have forgotten. Its members own no partitions, so it covers all
 * partitions.
 */
final class ShareGroupHorizons {

    private final InstantSource clock;
    private volatile Map<TopicPartition, InboxHorizon> horizons = Map.of();

    ShareGroupHorizons(InstantSource clock) {
        this.clock = clock;
    }

    /** Replaces the horizons. */
    void update(Map<TopicPartition, InboxHorizon> now) {
        horizons = Map.copyOf(now);
    }

    /**
     * Tells whether the inbox may have forgotten that the group took charge of a record. Empty if the horizons are outdated,
     * because this process was stopped for longer than the inbox remembers: ask again before the record is handled. Nothing
     * is forgotten of a partition that the group had not started when the horizons were read.
     */
    Optional<Boolean> isForgotten(ConsumerRecord<?, ?> record) {
        InboxHorizon inboxHorizon = horizons.get(new TopicPartition(record.topic(), record.partition()));
        if (inboxHorizon == null) {
            return Optional.of(false);
        }
        return inboxHorizon.isOutdated(clock.instant())
                ? Optional.empty()
                : Optional.of(inboxHorizon.isForgotten(record.offset()));
    }
}
