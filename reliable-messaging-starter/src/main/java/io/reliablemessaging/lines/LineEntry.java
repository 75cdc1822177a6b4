package io.reliablemessaging.lines;

import java.time.Duration;
import java.util.Arrays;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** A record that is read and not finished. */
public final class LineEntry {

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

    public LineEntry(ConsumerRecord<byte[], byte[]> record, OffsetSpan.Slot slot, boolean suspect) {
        this.record = record;
        this.slot = slot;
        this.suspect = suspect;
        this.bytes = bytes(record);
    }

    public ConsumerRecord<byte[], byte[]> record() {
        return record;
    }

    /** Names its topic, partition and offset for log lines. */
    public String place() {
        return "%s-%d@%d".formatted(record.topic(), record.partition(), record.offset());
    }

    OffsetSpan.Slot slot() {
        return slot;
    }

    /** Tells whether this record may crash the process and has not been delivered here yet. */
    public boolean isSuspect() {
        return suspect && !survived;
    }

    /** Notes that the process has survived a delivery of the record, whatever its outcome. */
    public void markSurvived() {
        survived = true;
    }

    /** Tells whether the record is retried in its line, so that later records of its key wait. */
    boolean isRetried() {
        return retried;
    }

    public void markRetried() {
        retried = true;
    }

    /** Tells whether both records have the same key. A record without a key matches none. */
    public boolean hasKeyOf(LineEntry other) {
        return record.key() != null && Arrays.equals(record.key(), other.record.key());
    }

    /** Returns roughly the memory that the record takes. */
    public long bytes() {
        return bytes;
    }

    /**
     * Returns how many deliveries in a row have failed with what looked like an outage. For the thread that runs the line.
     */
    public int outageFailures() {
        return outageFailures;
    }

    /** Returns how long ago the first of these failures was. */
    public Duration outageDuration() {
        return outageFailures == 0 ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - outageSince);
    }

    public void countOutageFailure() {
        if (outageFailures == 0) {
            outageSince = System.nanoTime();
        }
        outageFailures++;
    }

    public static long bytes(ConsumerRecord<byte[], byte[]> record) {
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
