package io.reliablemessaging.lines;

/**
 * The unfinished records of a partition, in numbers.
 *
 * @param unfinished records that are not finished
 * @param span offsets from the first unfinished record on
 * @param bytes memory that the unfinished records take
 * @param stuck whether none of its records can be started now, and newly read records of other lines could
 */
public record PartitionLoad(int unfinished, int span, long bytes, boolean stuck) {}
