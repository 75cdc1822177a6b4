package io.reliablemessaging.inbox;

import org.jspecify.annotations.Nullable;

/**
 * Tells how far a group is in a partition.
 *
 * @param doneUntil the group has taken charge of everything below this offset, and has committed that
 * @param endOffset end of the partition, asked of the cluster just now; null if it was not asked
 */
public record Progress(long doneUntil, @Nullable Long endOffset) {}
