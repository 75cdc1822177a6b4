package io.reliablemessaging;

/** How many messages a transaction of a listener handles. */
public enum TransactionMode {

    /** One. */
    RECORD,

    /**
     * Up to a hundred that have arrived together; for throughput. If one of them fails, all are rolled back and handled
     * again one by one, so that a handler may be called once more for a message than its attempts tell.
     */
    BATCH
}
