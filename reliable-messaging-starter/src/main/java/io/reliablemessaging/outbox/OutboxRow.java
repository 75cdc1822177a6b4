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
 * Reads rows of the outbox and of the quarantine, whatever an earlier release, a newer one or a person has left in
 * them. A row that Kafka cannot take gets {@link OutboxRecord#unreadable}, and does not stop the reading of other rows.
 */
public final class OutboxRow {

    private OutboxRow() {}

    /**
     * Reads a row.
     *
     * @param row positioned at a row with lane, id, message_id, topic, partition, key, value, headers and age in
     *     seconds, in this order
     */
    public static OutboxRecord read(ResultSet row) throws SQLException {
        return read(row, new HashMap<>());
    }

    /**
     * Reads one of many rows.
     *
     * @param topics names of topics read so far: rows of one topic share one string
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
        RuntimeException fault = headers.failure() == null ? findFault(topic, partition) : headers.failure();
        return new OutboxRecord(
                row.getInt(1),
                row.getLong(2),
                message,
                message.size(),
                OutboxRecord.secondsAgo(row.getDouble(9)),
                fault,
                null);
    }

    /**
     * Reads the text of a column. If the database does not check its encoding and the bytes are no text, returns a text
     * that is no valid topic name.
     */
    public static String text(ResultSet row, int column) throws SQLException {
        try {
            return row.getString(column);
        } catch (SQLException e) {
            return new String(row.getBytes(column), StandardCharsets.ISO_8859_1);
        }
    }

    // Kafka's client would throw for such a record, and its topic would be held; publish refuses it
    private static @Nullable RuntimeException findFault(String topic, @Nullable Integer partition) {
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
