package io.reliablemessaging.relay;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.wire.HeaderBytes;
import io.reliablemessaging.wire.WireMessage;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The rows of {@code outbox_quarantine}, as the owner of a lane sees them. */
final class QuarantineTable {

    // One statement, so that a message is in one table or the other; and only as the lane's owner, whose row it
    // locks: a zombie would put a message behind others that the new owner has long sent. It must be durable before
    // anything else of the lane is sent. By the message too: after a fail-over, another message may have that id.
    private static final String MOVE = """
            with ours as (
                    select lane from reliable_messaging.relay_lane
                     where lane = :lane and owner = :owner
                       and (select set_config('synchronous_commit', 'on', true)) is not null
                       for update),
                 moved as (
                    delete from reliable_messaging.outbox_message o using ours
                     where o.lane = ours.lane and o.id = any (:ids::bigint[])
                       and o.message_id = any (:messageIds::uuid[])
                    returning o.*),
                 kept as (
                    insert into reliable_messaging.outbox_quarantine (lane, id, message_id, topic, partition, key, value,
                                headers, created_at, error_class, error_message)
                    select lane, id, message_id, topic, partition, key, value, headers, created_at,
                           :errorClass, :errorMessage
                      from moved)
            select count(*) from ours
            """;

    private static final String KEYS = """
            select topic, key, min(id) as first from reliable_messaging.outbox_quarantine
             where lane = any (:lanes::int[]) and key is not null
             group by topic, key
            """;

    // Whatever has no refused and unreleased message of its key at or before it. So those behind need no word of
    // their own, and one that is moved behind just while a person releases the key is not forgotten.
    private static final String RELEASED = """
            select lane, id, message_id, topic, partition, key, value, headers,
                   date_part('epoch', statement_timestamp() - created_at) as age
              from reliable_messaging.outbox_quarantine q
             where lane = any (:lanes::int[])
               and not exists (
                   select from reliable_messaging.outbox_quarantine refused
                    where refused.lane = q.lane and refused.id <= q.id and refused.topic = q.topic
                      and (refused.id = q.id or refused.key = q.key)
                      and refused.error_class is not null and not refused.released)
             order by lane, id
             limit 100
            """;

    private static final String DELETE = """
            delete from reliable_messaging.outbox_quarantine
             where lane = :lane and id = :id and message_id = :messageId
            """;

    private static final String HOLD_AGAIN = """
            update reliable_messaging.outbox_quarantine
               set released = false, error_class = :errorClass, error_message = :errorMessage
             where lane = :lane and id = :id and message_id = :messageId
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final UUID owner;

    QuarantineTable(DataSource autoCommit, Schema schema, UUID owner) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.owner = owner;
    }

    /**
     * Moves a message that was refused from the outbox to the quarantine.
     *
     * @return false if its lane is no longer ours; then nothing was moved
     */
    boolean move(OutboxRecord culprit, Exception cause) {
        return move(culprit.lane(), List.of(culprit), cause);
    }

    /**
     * Moves messages behind quarantined ones of their keys.
     *
     * @return false if a lane is no longer ours
     */
    boolean moveBehind(List<OutboxRecord> followers) {
        Map<Integer, List<OutboxRecord>> byLane = followers.stream()
                .collect(Collectors.groupingBy(OutboxRecord::lane, TreeMap::new, Collectors.toList()));
        boolean ours = true;
        for (Map.Entry<Integer, List<OutboxRecord>> lane : byLane.entrySet()) {
            ours &= move(lane.getKey(), lane.getValue(), null);
        }
        return ours;
    }

    private boolean move(int lane, List<OutboxRecord> rows, @Nullable Exception cause) {
        return jdbc.sql(schema.in(MOVE))
                        .param("lane", lane)
                        .param("owner", owner)
                        .param("ids", rows.stream().map(OutboxRecord::id).toArray(Long[]::new))
                        .param(
                                "messageIds",
                                rows.stream().map(QuarantineTable::messageId).toArray(UUID[]::new))
                        .param(
                                "errorClass",
                                cause == null ? null : cause.getClass().getName())
                        .param("errorMessage", cause == null ? null : cause.getMessage())
                        .query(Integer.class)
                        .single()
                == 1;
    }

    private static UUID messageId(OutboxRecord row) {
        return row.message().id().value();
    }

    /** Keys of these lanes that have messages in quarantine, each with the lowest id there. */
    Map<TopicKey, Long> keys(Collection<Integer> lanes) {
        Map<TopicKey, Long> keys = new HashMap<>();
        jdbc.sql(schema.in(KEYS)).param("lanes", lanes.toArray(Integer[]::new)).query(row -> {
            keys.put(TopicKey.of(row.getString("topic"), row.getBytes("key")), row.getLong("first"));
        });
        return keys;
    }

    /** Released messages of these lanes, in order. */
    List<OutboxRecord> released(Collection<Integer> lanes) {
        return jdbc.sql(schema.in(RELEASED))
                .param("lanes", lanes.toArray(Integer[]::new))
                .query((row, number) -> record(row))
                .list();
    }

    private static OutboxRecord record(ResultSet row) throws SQLException {
        HeaderBytes.Decoded headers = HeaderBytes.tryDecode(row.getBytes("headers"));
        WireMessage message = new WireMessage(
                new MessageId(row.getObject("message_id", UUID.class)),
                row.getString("topic"),
                row.getObject("partition", Integer.class),
                row.getBytes("key"),
                row.getBytes("value"),
                headers.headers());
        return new OutboxRecord(
                row.getInt("lane"),
                row.getLong("id"),
                message,
                OutboxRecord.secondsAgo(row.getDouble("age")),
                headers.failure());
    }

    void delete(OutboxRecord sent) {
        jdbc.sql(schema.in(DELETE))
                .param("lane", sent.lane())
                .param("id", sent.id())
                .param("messageId", messageId(sent))
                .update();
    }

    /** Takes back the release of a message that was refused again, and so of those behind it. */
    void holdAgain(OutboxRecord culprit, Exception cause) {
        jdbc.sql(schema.in(HOLD_AGAIN))
                .param("lane", culprit.lane())
                .param("id", culprit.id())
                .param("messageId", messageId(culprit))
                .param("errorClass", cause.getClass().getName())
                .param("errorMessage", cause.getMessage())
                .update();
    }
}
