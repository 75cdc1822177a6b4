package io.reliablemessaging.outbox;

import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.wire.WireMessage;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Reads the payloads that a reading of heads left out. Sizes are not known beforehand, so large payloads are read
 * separately, oldest first, and no more of them than fit.
 */
final class LargeValues {

    // smaller payloads are always read with their rows: the most rows of one reading, times this, are little
    private static final int SMALL = 2048;

    // Sums up sizes without reading payloads, and returns payloads until the sum reaches the limit; at least one.
    private static final String LOAD = OutboxReader.BY_PRIMARY_KEY + """
            ;
            select lane, id, value
              from (select m.*, pg_catalog.sum(pg_catalog.octet_length(m.value)) over (order by m.id rows unbounded preceding)
                                - pg_catalog.octet_length(m.value) as before
                      from unnest(?::int[], ?::bigint[], ?::uuid[]) as large (lane, id, message_id)
                     cross join lateral (
                           select o.lane, o.id, o.value from reliable_messaging.outbox_message o
                            where o.lane = large.lane and o.id = large.id and o.message_id = large.message_id
                            limit 1) m) summed
             where before < ?::bigint
             order by id
            """;

    private final Connection connection;
    private final PreparedStatement load;
    // Replaces a payload in the first reading. If a payload should ever be equal to it, it is read separately, too.
    private final byte[] mark = mark(UUID.randomUUID());

    LargeValues(Connection connection, Schema schema) throws SQLException {
        this.connection = connection;
        this.load = connection.prepareStatement(schema.in(LOAD));
    }

    byte[] mark() {
        return mark;
    }

    /** Returns the size from which payloads are left out, given the free bytes and the requested rows. */
    static int limit(long bytes, int rows) {
        return (int) Math.min(Integer.MAX_VALUE, Math.max(SMALL, 2 * bytes / Math.max(1, rows)));
    }

    /**
     * Replaces the marks by the payloads.
     *
     * @param rows in lane and id order
     * @param bytes most bytes to read; one payload is always read
     */
    OutboxReader.Heads complete(List<OutboxRecord> rows, long bytes) throws SQLException {
        List<OutboxRecord> marked = rows.stream().filter(this::isMarked).toList();
        if (marked.isEmpty()) {
            return new OutboxReader.Heads(rows, Set.of());
        }
        Map<Long, byte[]> values = load(marked, bytes);
        List<OutboxRecord> complete = new ArrayList<>(rows.size());
        Set<Integer> cut = new HashSet<>();
        for (OutboxRecord row : rows) {
            if (cut.contains(row.lane())) {
                continue; // a row of this lane before it has no payload yet: it must wait behind that one
            }
            if (!isMarked(row)) {
                complete.add(row);
                continue;
            }
            byte[] value = values.get(row.id());
            if (value == null) {
                cut.add(row.lane());
            } else {
                complete.add(withValue(row, value));
            }
        }
        return new OutboxReader.Heads(complete, cut);
    }

    private Map<Long, byte[]> load(List<OutboxRecord> marked, long bytes) throws SQLException {
        load.setArray(
                1,
                connection.createArrayOf(
                        "int4", marked.stream().map(OutboxRecord::lane).toArray(Integer[]::new)));
        load.setArray(
                2,
                connection.createArrayOf(
                        "int8", marked.stream().map(OutboxRecord::id).toArray(Long[]::new)));
        load.setArray(
                3,
                connection.createArrayOf(
                        "uuid",
                        marked.stream().map(row -> row.message().id().value()).toArray(UUID[]::new)));
        load.setLong(4, bytes);
        load.execute();
        load.getMoreResults(); // the first result is that of set_config
        Map<Long, byte[]> values = new HashMap<>();
        try (ResultSet found = load.getResultSet()) {
            while (found.next()) {
                values.put(found.getLong(2), found.getBytes(3));
            }
        }
        return values;
    }

    private boolean isMarked(OutboxRecord row) {
        return Arrays.equals(row.message().value(), mark);
    }

    private static OutboxRecord withValue(OutboxRecord row, byte[] value) {
        WireMessage marked = row.message();
        WireMessage message =
                new WireMessage(marked.id(), marked.topic(), marked.partition(), marked.key(), value, marked.headers());
        return new OutboxRecord(
                row.lane(), row.id(), message, message.size(), row.storedAt(), row.unreadable(), row.place());
    }

    private static byte[] mark(UUID random) {
        return ByteBuffer.allocate(16)
                .putLong(random.getMostSignificantBits())
                .putLong(random.getLeastSignificantBits())
                .array();
    }
}
