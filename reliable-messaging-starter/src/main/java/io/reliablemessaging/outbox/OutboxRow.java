package io.reliablemessaging.outbox;

import io.reliablemessaging.InvalidMessageException;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.wire.HeaderBytes;
import io.reliablemessaging.wire.WireMessage;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.common.internals.Topic;
import org.jspecify.annotations.Nullable;

/**
 * Reads rows of the outbox and of the quarantine, whatever earlier releases, newer ones or people have left in them: what is no
 * message for Kafka comes out as {@link OutboxRecord#unreadable}, and keeps no other row from being read.
 */
public final class OutboxRow {

    private OutboxRow() {}

    /**
     * Reads a row.
     *
     * @param row at a row with lane, id, message_id, topic, partition, key, value, headers and age in seconds, in this order
     */
    public static OutboxRecord read(ResultSet row) throws SQLException {
        return read(row, new HashMap<>());
    }

    /**
     * Reads one of many rows.
     *
     * @param topics topics of the rows before it: rows of one topic share its name, which is looked up often
     */
    static OutboxRecord read(ResultSet row, Map<String, String> topics) throws SQLException {
        String topic = topics.computeIfAbsent(text(row, 4), name -> name);
        Integer partition = row.getObject(5, Integer.class);
        HeaderBytes.Decoded headers = HeaderBytes.tryDecode(row.getBytes(8));
        WireMessage message = new WireMessage(
                new MessageId(row.getObject(3, UUID.class)),
                topic,
                partition,
                row.getBytes(6),
                row.getBytes(7),
                headers.headers());
        RuntimeException fault = headers.failure() == null ? faultOf(topic, partition) : headers.failure();
        return new OutboxRecord(
                row.getInt(1),
                row.getLong(2),
                message,
                message.size(),
                OutboxRecord.secondsAgo(row.getDouble(9)),
                fault,
                null);
    }

    /** Text of a column; where a database does not check its encoding and the bytes are no text, one that names no topic. */
    public static String text(ResultSet row, int column) throws SQLException {
        try {
            return row.getString(column);
        } catch (SQLException e) {
            return new String(row.getBytes(column), StandardCharsets.ISO_8859_1);
        }
    }

    // Kafka's client would throw at such a record, and hold the topic for it; publish takes none
    private static @Nullable RuntimeException faultOf(String topic, @Nullable Integer partition) {
        if (Topic.isValid(topic) && (partition == null || partition >= 0)) {
            return null;
        }
        try {
            var unused = OutgoingMessage.to(topic).partition(partition).build();
            return null;
        } catch (InvalidMessageException e) {
            return e;
        }
    }
}
