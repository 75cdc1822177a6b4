package io.reliablemessaging.consumer;

import java.time.Duration;
import java.util.Arrays;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** A record that is read and not finished. */
final class LineEntry {

    // roughly: the record's own objects, a slot, an entry, and its place in a line
    private static final int OVERHEAD = 400;
    private static final int HEADER_OVERHEAD = 80;

    private final ConsumerRecord<byte[], byte[]> record;
    private final OffsetSpan.Slot slot;
    private final boolean suspect;
    private final long bytes;
    private boolean survived;
    private boolean retried;
    private int outageFailures;
    private long outageSince;

    LineEntry(ConsumerRecord<byte[], byte[]> record, OffsetSpan.Slot slot, boolean suspect) {
        this.record = record;
        this.slot = slot;
        this.suspect = suspect;
        this.bytes = bytes(record);
    }

    ConsumerRecord<byte[], byte[]> record() {
        return record;
    }

    /** Names its topic, partition and offset for log lines. */
    String place() {
        return "%s-%d@%d".formatted(record.topic(), record.partition(), record.offset());
    }

    OffsetSpan.Slot slot() {
        return slot;
    }

    /** Tells whether this record may crash the process and has not been delivered here yet. */
    boolean isSuspect() {
        return suspect && !survived;
    }

    /** Notes that the process has survived a delivery of the record, whatever its outcome. */
    void markSurvived() {
        survived = true;
    }

    /** Tells whether the record is retried in its line, so that later records of its key wait. */
    boolean isRetried() {
        return retried;
    }

    void markRetried() {
        retried = true;
    }

    /** Tells whether both records have the same key. A record without a key matches none. */
    boolean hasKeyOf(LineEntry other) {
        return record.key() != null && Arrays.equals(record.key(), other.record.key());
    }

    /** Returns roughly the memory that the record takes. */
    long bytes() {
        return bytes;
    }

    /**
     * Returns how many deliveries in a row have failed with what looked like an outage. For the thread that runs the line.
     */
    int outageFailures() {
        return outageFailures;
    }

    /** Returns how long ago the first of these failures was. */
    Duration outageDuration() {
        return outageFailures == 0 ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - outageSince);
    }

    void countOutageFailure() {
        if (outageFailures == 0) {
            outageSince = System.nanoTime();
        }
        outageFailures++;
    }

    static long bytes(ConsumerRecord<byte[], byte[]> record) {
        long bytes = OVERHEAD + length(record.key()) + length(record.value());
        for (Header header : record.headers()) {
            bytes += HEADER_OVERHEAD + header.key().length() + length(header.value());
        }
        return bytes;
    }

    private static long length(byte @Nullable [] bytes) {
        return bytes == null ? 0 : bytes.length;
    }
}
