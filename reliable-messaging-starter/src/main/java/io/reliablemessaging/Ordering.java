package io.reliablemessaging;

/** The order that a listener keeps. */
public enum Ordering {

    /**
     * Messages of a key are handled in order, different keys at the same time. A message that fails is parked with the later ones of
     * its key, and all other keys go on.
     */
    KEY,

    /** All messages of a partition are handled in order, one at a time. A message that fails holds its partition until it is handled or is a dead letter. */
    PARTITION,

    /**
     * No order. Any member of the group takes any message, so there may be more members than partitions; a message that fails
     * waits alone. Uses a share group of Kafka 4.2 or later, which always begins with the first message of its topics.
     */
    NONE
}
