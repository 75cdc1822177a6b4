package io.reliablemessaging.consumer;

import io.reliablemessaging.inbox.Horizon;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Tells a share group which records the inbox may have forgotten. Nobody's partitions are its alone, so all are asked for. */
final class SharedHorizons {

    private final InstantSource clock;
    private volatile Map<TopicPartition, Horizon> horizons = Map.of();

    SharedHorizons(InstantSource clock) {
        this.clock = clock;
    }

    /** Takes note of where the partitions are. */
    void update(Map<TopicPartition, Horizon> now) {
        horizons = Map.copyOf(now);
    }

    /**
     * Says whether the group took charge of a record so long ago that the inbox may have forgotten it; empty if that is to be
     * asked again before the record is handled, since this process was stopped for longer than the inbox remembers. Of a
     * partition that the group had not begun with when it was asked, nothing is forgotten.
     */
    Optional<Boolean> isForgotten(ConsumerRecord<?, ?> record) {
        Horizon horizon = horizons.get(new TopicPartition(record.topic(), record.partition()));
        if (horizon == null) {
            return Optional.of(false);
        }
        return horizon.isOutdated(clock.instant())
                ? Optional.empty()
                : Optional.of(horizon.isForgotten(record.offset()));
    }
}
