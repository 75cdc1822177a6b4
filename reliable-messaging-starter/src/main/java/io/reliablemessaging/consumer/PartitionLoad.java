package io.reliablemessaging.consumer;

/**
 * How much of a partition was read and is not finished.
 *
 * @param unfinished records that are not finished
 * @param span offsets from the first unfinished record on
 * @param bytes memory that the unfinished records take
 * @param stuck whether none of the records could be begun now, whoever had time for it, and records of other lines could
 */
record PartitionLoad(int unfinished, int span, long bytes, boolean stuck) {}
