package io.reliablemessaging.consumer;

import java.time.Duration;
import java.util.Arrays;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** One record that was read and is not finished. */
final class LineEntry {

    // a record's own objects, a slot, an entry, and its place in a line, roughly
    private static final int OVERHEAD = 400;
    private static final int HEADER_OVERHEAD = 80;

    private final ConsumerRecord<byte[], byte[]> record;
    private final OffsetSpan.Slot slot;
    private final boolean suspect;
    private final long bytes;
    private boolean survived;
    private boolean triedAgain;
    private int held;
    private long heldSince;

    LineEntry(ConsumerRecord<byte[], byte[]> record, OffsetSpan.Slot slot, boolean suspect) {
        this.record = record;
        this.slot = slot;
        this.suspect = suspect;
        this.bytes = bytes(record);
    }

    ConsumerRecord<byte[], byte[]> record() {
        return record;
    }

    /** Where it was read, for log lines. */
    String place() {
        return "%s-%d@%d".formatted(record.topic(), record.partition(), record.offset());
    }

    OffsetSpan.Slot slot() {
        return slot;
    }

    /** Whether this record may be one that ends the process, and has not been delivered here yet. */
    boolean isSuspect() {
        return suspect && !survived;
    }

    /** It was delivered, whatever came of it: the process has survived it. */
    void survive() {
        survived = true;
    }

    /** Whether it is to be tried again while it stays in its line, so that those of its key have to wait. */
    boolean isTriedAgain() {
        return triedAgain;
    }

    void tryAgain() {
        triedAgain = true;
    }

    /** Whether both have the same key; without a key, none has. */
    boolean hasKeyOf(LineEntry other) {
        return record.key() != null && Arrays.equals(record.key(), other.record.key());
    }

    /** Memory that it takes, roughly. */
    long bytes() {
        return bytes;
    }

    /** How often in a row it could not be delivered for what looked like an outage. Used by the thread that runs its line. */
    int held() {
        return held;
    }

    /** How long ago the first of these failures was. */
    Duration heldFor() {
        return held == 0 ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - heldSince);
    }

    void hold() {
        if (held == 0) {
            heldSince = System.nanoTime();
        }
        held++;
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
