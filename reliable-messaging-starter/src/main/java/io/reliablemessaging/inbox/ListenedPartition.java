package io.reliablemessaging.inbox;

import java.util.UUID;

/**
 * Names a partition of a topic that exists now: one that is deleted and made again has another id.
 *
 * @param topic name of the topic
 * @param topicId the cluster's id of the topic, asked after the partition was assigned
 * @param partition number of the partition
 */
public record ListenedPartition(String topic, UUID topicId, int partition) {}
