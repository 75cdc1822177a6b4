package io.reliablemessaging.outbox;

import io.reliablemessaging.wire.HeaderBytes;
import io.reliablemessaging.wire.WireMessage;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Holds messages as arrays, one for each column, so that all rows of a transaction go in one statement. */
@SuppressWarnings("ArrayRecordComponent")
public final class OutboxColumns {

    private final Integer[] hash;
    private final UUID[] id;
    private final String[] topic;
    private final @Nullable Integer[] partition;
    private final byte[] @Nullable [] key;
    private final byte[] @Nullable [] value;
    private final byte[][] headers;

    /**
     * Splits the messages into columns.
     *
     * @param hashOf computes the hash that the lane of a message follows from
     */
    public OutboxColumns(List<WireMessage> messages, ToIntFunction<WireMessage> hashOf) {
        int count = messages.size();
        hash = new Integer[count];
        id = new UUID[count];
        topic = new String[count];
        partition = new @Nullable Integer[count];
        key = new byte[count] @Nullable [];
        value = new byte[count] @Nullable [];
        headers = new byte[count][];
        for (int i = 0; i < count; i++) {
            WireMessage message = messages.get(i);
            hash[i] = hashOf.applyAsInt(message);
            id[i] = message.id().value();
            topic[i] = message.topic();
            partition[i] = message.partition();
            key[i] = message.key();
            value[i] = message.value();
            headers[i] = HeaderBytes.encode(message.headers());
        }
    }

    /**
     * Binds hash (from which the lane follows), id, topic, partition, key, value and headers, starting at this
     * parameter.
     */
    public void bind(PreparedStatement statement, int first) throws SQLException {
        Connection connection = statement.getConnection();
        statement.setArray(first, connection.createArrayOf("int4", hash));
        statement.setArray(first + 1, connection.createArrayOf("uuid", id));
        statement.setArray(first + 2, connection.createArrayOf("text", topic));
        statement.setArray(first + 3, connection.createArrayOf("int4", partition));
        statement.setArray(first + 4, connection.createArrayOf("bytea", key));
        statement.setArray(first + 5, connection.createArrayOf("bytea", value));
        statement.setArray(first + 6, connection.createArrayOf("bytea", headers));
    }
}
