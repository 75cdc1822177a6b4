package io.reliablemessaging.inbox;

import io.reliablemessaging.MessageId;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A message as the inbox sees it.
 *
 * @param id the message id that it carries
 * @param checksum checksum of its key and value
 */
public record ArrivedMessage(MessageId id, int checksum) {

    private static final int ABSENT = -1;

    /**
     * Computes the checksum of a record's key and value. The partition does not count: after partitions were added, the second copy of
     * a message that is sent twice may go to another one.
     */
    public static ArrivedMessage of(MessageId id, byte @Nullable [] key, byte @Nullable [] value) {
        CRC32C sum = new CRC32C();
        add(sum, key);
        add(sum, value);
        return new ArrivedMessage(id, (int) sum.getValue());
    }

    // the length first: bytes that move from the key to the value
    // must change the sum, and so must null instead of empty
    private static void add(CRC32C sum, byte @Nullable [] bytes) {
        sum.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes == null ? ABSENT : bytes.length));
        if (bytes != null) {
            sum.update(bytes);
        }
    }
}
