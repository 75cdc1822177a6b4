package io.reliablemessaging.inbox;

import io.reliablemessaging.MessageId;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Is a message as the inbox sees it.
 *
 * @param id which message it claims to be
 * @param checksum of its key and value
 */
public record Arrival(MessageId id, int checksum) {

    private static final int ABSENT = -1;

    /**
     * Makes it of a record's bytes. The partition does not count: when partitions are added, the copy of a message that is sent
     * twice may go to another one.
     */
    public static Arrival of(MessageId id, byte @Nullable [] key, byte @Nullable [] value) {
        CRC32C sum = new CRC32C();
        add(sum, key);
        add(sum, value);
        return new Arrival(id, (int) sum.getValue());
    }

    // the length first: what moves from the key to the value must show, and so must what is absent instead of empty
    private static void add(CRC32C sum, byte @Nullable [] bytes) {
        sum.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes == null ? ABSENT : bytes.length));
        if (bytes != null) {
            sum.update(bytes);
        }
    }
}
