package io.reliablemessaging.consumer;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.delivery.ListenerSettings;
import java.nio.ByteBuffer;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Says which records of a partition wait in line with each other.
 *
 * @param ordering what is kept in order
 * @param transaction whether records of a line share a transaction
 * @param most how many lines are run at once, at most
 */
record LineRule(Ordering ordering, TransactionMode transaction, int most) {

    private static final int MOST_STUCK_KEYS = 1000;

    /**
     * The rule of a listener.
     *
     * @param permits how many handlers of all listeners may run at once: with more lines than can be run, fewer messages would
     *     wait in each, and fewer share a transaction
     */
    static LineRule of(ListenerSettings settings, int permits) {
        return new LineRule(settings.ordering(), settings.transaction(), Math.min(settings.concurrency(), permits));
    }

    /** What a record waits in line with. */
    Object lineOf(ConsumerRecord<byte[], byte[]> record) {
        if (ordering == Ordering.PARTITION) {
            return Ordering.PARTITION;
        }
        byte[] key = record.key();
        if (transaction == TransactionMode.BATCH) {
            // several keys share a line, so that there is something to put together
            long number = key == null ? record.offset() : ByteBuffer.wrap(key).hashCode();
            return Math.floorMod(number, most);
        }
        return key == null ? record.offset() : ByteBuffer.wrap(key);
    }

    /**
     * How many lines of a partition are worth reading on for while others are stuck: with one line for all there is nothing to
     * be found, and more than so many keys that cannot go on have a common cause.
     */
    int mostLines() {
        if (ordering == Ordering.PARTITION) {
            return 1;
        }
        return transaction == TransactionMode.BATCH ? most : MOST_STUCK_KEYS;
    }
}
