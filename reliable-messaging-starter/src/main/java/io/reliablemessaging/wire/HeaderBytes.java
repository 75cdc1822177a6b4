package io.reliablemessaging.wire;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * Stores record headers as one column of bytes: a count, then length and bytes of each name and value, -1 for a null value. They
 * are read back exactly as they were, binary values and repeated names included, which a JSON column could not do.
 *
 * <p>There are two formats. The narrow one stores the count and the lengths of names as unsigned shorts. Headers that do not fit
 * into it (65,535 headers or more, a name longer than 65,535 bytes) are written in the wide one: {@link #WIDE}, the number of
 * the format, and then the same with ints. All others are still written in the narrow format, so that an instance of an earlier
 * release, during a rolling update, can read them.
 *
 * <p>So each row shows its format: if it does not begin with {@link #WIDE}, it is narrow; the number after
 * {@link #WIDE} is the format. A format that this release does not know was written by a newer release, and is refused.
 */
public final class HeaderBytes {

    // At the place of the narrow format's count, which never has this value: 65,535 headers are written
    // in the wide format. Earlier releases wrote the count modulo 65,536. A row of theirs that begins
    // like this has at least 65,535 headers, and would be taken for the wide format, and found
    // unreadable, only if the name of its first header had 256 to 511 bytes (with 512 bytes or more: for
    // the format of a newer release). All other rows of theirs read as before.
    private static final int WIDE = 0xFFFF;
    private static final byte NARROW_FORMAT = 0;
    private static final byte WIDE_FORMAT = 1;
    private static final int LONGEST_SHORT = 0xFFFF;

    private HeaderBytes() {}

    /** Writes headers as bytes; {@link #decode} returns the same headers. */
    public static byte[] encode(Headers headers) {
        Header[] all = headers.toArray();
        byte[][] names = new byte[all.length][];
        boolean wide = all.length >= WIDE;
        for (int i = 0; i < all.length; i++) {
            names[i] = all[i].key().getBytes(StandardCharsets.UTF_8);
            wide |= names[i].length > LONGEST_SHORT;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            if (wide) {
                out.writeShort(WIDE);
                out.writeByte(WIDE_FORMAT);
            }
            writeLength(out, all.length, wide);
            for (int i = 0; i < all.length; i++) {
                writeLength(out, names[i].length, wide);
                out.write(names[i]);
                byte[] value = all[i].value();
                out.writeInt(value == null ? -1 : value.length);
                if (value != null) {
                    out.write(value);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Writing to memory", e);
        }
        return bytes.toByteArray();
    }

    /**
     * Reads headers.
     *
     * @throws UncheckedIOException if the bytes are not what {@link #encode} writes, to the last one
     */
    public static Headers decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            int count = Short.toUnsignedInt(in.getShort());
            if (count != WIDE) {
                return read(in, count, false);
            }
            byte format = in.get(in.position());
            if (format == NARROW_FORMAT) {
                return read(in, count, false); // not the number of a format, but the length of a name
            }
            if (format != WIDE_FORMAT) {
                throw newer(Byte.toUnsignedInt(format));
            }
            in.get();
            return read(in, in.getInt(), true);
        } catch (BufferUnderflowException | IndexOutOfBoundsException | NegativeArraySizeException e) {
            throw unreadable(e);
        }
    }

    /**
     * The result of decoding stored headers.
     *
     * @param headers the headers; empty if they cannot be read
     * @param failure why they cannot be read; null if they can
     */
    public record Decoded(Headers headers, @Nullable RuntimeException failure) {}

    /** Reads headers without ever throwing: one row that cannot be read must not keep others from being read. */
    public static Decoded tryDecode(byte[] bytes) {
        try {
            return new Decoded(decode(bytes), null);
        } catch (RuntimeException e) {
            return new Decoded(new RecordHeaders(), e);
        }
    }

    /**
     * Returns the bytes that encoded headers contain if one of them has this name and value; other headers may contain them, too. For
     * a search in the database.
     */
    public static byte[] partOf(String name, String value) {
        byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
        byte[] valueBytes = value.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(nameBytes.length + Integer.BYTES + valueBytes.length)
                .put(nameBytes)
                .putInt(valueBytes.length)
                .put(valueBytes)
                .array();
    }

    private static void writeLength(DataOutputStream out, int length, boolean wide) throws IOException {
        if (wide) {
            out.writeInt(length);
        } else {
            out.writeShort(length);
        }
    }

    private static Headers read(ByteBuffer in, int count, boolean wide) {
        RecordHeaders headers = new RecordHeaders();
        for (int i = 0; i < count; i++) {
            byte[] name = bytes(in, wide ? in.getInt() : Short.toUnsignedInt(in.getShort()));
            int length = in.getInt();
            headers.add(new String(name, StandardCharsets.UTF_8), length < 0 ? null : bytes(in, length));
        }
        if (in.hasRemaining() || count < 0) {
            // written by an earlier release, whose count or length did not fit
            throw unreadable(new IOException("%d bytes after the last header".formatted(in.remaining())));
        }
        return headers;
    }

    private static byte[] bytes(ByteBuffer in, int length) {
        if (length > in.remaining()) {
            throw new BufferUnderflowException(); // before the memory is allocated
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    private static UncheckedIOException newer(int format) {
        String text =
                "Stored headers are in format %d, and this release reads formats up to %d: a newer release has written"
                        + " them. Upgrade this instance, then try again";
        String said = text.formatted(format, WIDE_FORMAT);
        return new UncheckedIOException(said, new IOException(said));
    }

    private static UncheckedIOException unreadable(Exception cause) {
        IOException io = cause instanceof IOException given ? given : new EOFException(String.valueOf(cause));
        return new UncheckedIOException(
                "Stored headers cannot be read: they are cut short, were changed by hand, or had a name or number of"
                        + " headers that an earlier release could not store",
                io);
    }
}
