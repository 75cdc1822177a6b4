package io.reliablemessaging.broker;

import io.reliablemessaging.ReliableTopic;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;

/**
 * What the topic of dead letters takes after.
 *
 * @param partitions number of partitions, if it is known
 * @param maxMessageBytes size of the largest batch that the topic takes
 */
record TopicShape(@Nullable Integer partitions, long maxMessageBytes) {

    private static final String KAFKAS_MAX_MESSAGE_BYTES = "1048588";

    /** As far as it follows from what was declared. */
    static TopicShape of(ReliableTopic declared) {
        return new TopicShape(
                declared.partitions(),
                Long.parseLong(declared.config()
                        .getOrDefault(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, KAFKAS_MAX_MESSAGE_BYTES)));
    }

    /**
     * As it exists.
     *
     * @param config its settings, if we may know them
     */
    static TopicShape of(int partitions, @Nullable Config config) {
        return new TopicShape(
                partitions,
                Settings.number(
                        config, TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Long.parseLong(KAFKAS_MAX_MESSAGE_BYTES)));
    }
}
