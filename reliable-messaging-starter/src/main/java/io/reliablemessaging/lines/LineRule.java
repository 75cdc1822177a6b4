package io.reliablemessaging.lines;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.delivery.ListenerSettings;
import java.nio.ByteBuffer;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Decides which records of a partition wait in one line.
 *
 * @param ordering which messages are kept in order
 * @param transaction whether records of a line share a transaction
 * @param most most lines that run at once
 */
public record LineRule(Ordering ordering, TransactionMode transaction, int most) {

    private static final int MOST_STUCK_KEYS = 1000;

    /**
     * Creates the rule of a listener.
     *
     * @param permits how many handlers of all listeners may run at once: with more lines than that, each line would be
     *     shorter and fewer messages would share a transaction
     */
    public static LineRule of(ListenerSettings settings, int permits) {
        return new LineRule(settings.ordering(), settings.transaction(), Math.min(settings.concurrency(), permits));
    }

    /** Returns the key of the line that a record waits in. */
    Object lineOf(ConsumerRecord<byte[], byte[]> record) {
        if (ordering == Ordering.PARTITION) {
            return Ordering.PARTITION;
        }
        byte[] key = record.key();
        if (transaction == TransactionMode.BATCH) {
            // several keys share a line, so that a transaction has several messages
            long number = key == null ? record.offset() : ByteBuffer.wrap(key).hashCode();
            return Math.floorMod(number, most);
        }
        return key == null ? record.offset() : ByteBuffer.wrap(key);
    }

    /**
     * Returns the number of stuck lines up to which a partition is read on for other keys. With one line for all there are
     * none, and so many stuck keys have a common cause.
     */
    int mostLines() {
        if (ordering == Ordering.PARTITION) {
            return 1;
        }
        return transaction == TransactionMode.BATCH ? most : MOST_STUCK_KEYS;
    }
}
