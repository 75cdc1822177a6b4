package io.reliablemessaging.inbox;

import org.jspecify.annotations.Nullable;

/**
 * The progress of a group in a partition.
 *
 * @param doneUntil the group has taken charge of everything below this offset, and has committed that
 * @param endOffset end of the partition, just read from the cluster; null if it was not read
 */
public record PartitionProgress(long doneUntil, @Nullable Long endOffset) {}
