package io.reliablemessaging;

/** What a listener keeps in order. */
public enum Ordering {

    /**
     * Messages of a key. Different keys are handled at once; a message that fails is set aside with the later ones of its
     * key, and everything else goes on.
     */
    KEY,

    /** All messages of a partition. One at a time; a message that fails holds its partition until it is handled or dead. */
    PARTITION,

    /**
     * Nothing. Any member of the group takes any message, so there may be more of them than partitions; a message that fails
     * waits by itself. Uses a share group of Kafka 4.2 or later, which always begins with the first message of its topics.
     */
    NONE
}
