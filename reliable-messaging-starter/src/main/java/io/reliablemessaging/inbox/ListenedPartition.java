package io.reliablemessaging.inbox;

import java.util.UUID;

/**
 * A partition of a topic that exists now: a topic that is deleted and created again has another id.
 *
 * @param topic name of the topic
 * @param topicId the cluster's id of the topic, read after the partition was assigned
 * @param partition number of the partition
 */
public record ListenedPartition(String topic, UUID topicId, int partition) {}
