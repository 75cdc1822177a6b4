package io.reliablemessaging.topics;

import io.reliablemessaging.ReliableTopic;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;

/**
 * The properties that a dead-letter topic takes from its source topic.
 *
 * @param partitions number of partitions; null if that is not known
 * @param maxMessageBytes size of the largest batch that the topic accepts, in bytes
 */
record TopicShape(@Nullable Integer partitions, long maxMessageBytes) {

    private static final String KAFKAS_MAX_MESSAGE_BYTES = "1048588";

    /** Derives the shape from a declaration. */
    static TopicShape of(ReliableTopic declared) {
        return new TopicShape(
                declared.partitions(),
                Long.parseLong(declared.config()
                        .getOrDefault(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, KAFKAS_MAX_MESSAGE_BYTES)));
    }

    /**
     * Derives the shape from an existing topic.
     *
     * @param config settings of the topic; null if they are not visible
     */
    static TopicShape of(int partitions, @Nullable Config config) {
        return new TopicShape(
                partitions,
                ConfigValues.number(
                        config, TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Long.parseLong(KAFKAS_MAX_MESSAGE_BYTES)));
    }
}
