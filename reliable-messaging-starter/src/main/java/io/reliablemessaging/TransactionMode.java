package io.reliablemessaging;

/** The number of messages that one transaction of a listener handles. */
public enum TransactionMode {

    /** One message. */
    RECORD,

    /**
     * Up to a hundred messages that have arrived together; for throughput. If one of them fails, all are rolled back and handled
     * again one by one, so a handler may be called once more for a message than its attempts show.
     */
    BATCH
}
