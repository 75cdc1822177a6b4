package io.reliablemessaging.quarantine;

import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.outbox.OutboxRow;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.text.FailureText;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Moves rows to {@code outbox_quarantine} and reads them there, as the owner of a lane. */
public final class QuarantineTable {

    // One statement, so that a message is in one table or the other. It locks the lane's row, and acts only as the
    // owner: an instance that has lost the lane could move a message behind others that the new owner has sent long
    // ago. It must be durable before anything else of the lane is sent. The message id is compared too: after a
    // fail-over, another message may have the row id.
    private static final String MOVE = """
            with ours as (
                    select lane from reliable_messaging.relay_lane
                     where lane = :lane::int and owner = :owner::uuid
                       and (select pg_catalog.set_config('synchronous_commit', 'on', true)) is not null
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
                           :errorClass::text, :errorMessage::text
                      from moved)
            select pg_catalog.count(*) from ours
            """;

    private static final String KEYS = """
            select topic, key, pg_catalog.min(id) as first,
                   not pg_catalog.bool_or(error_class is not null and not released) as released
              from reliable_messaging.outbox_quarantine
             where lane = any (:lanes::int[])
             group by topic, key
            """;

    private static final String HOLD_AGAIN = """
            update reliable_messaging.outbox_quarantine
               set released = false, error_class = :errorClass::text, error_message = :errorMessage::text
             where lane = :lane::int and id = :id::bigint and message_id = :messageId::uuid
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final UUID owner;

    public QuarantineTable(DataSource autoCommit, Schema schema, UUID owner) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.owner = owner;
    }

    /**
     * Moves a refused message from the outbox to the quarantine.
     *
     * @return false if its lane is no longer ours; nothing was moved then
     */
    public boolean move(OutboxRecord culprit, Exception cause) {
        return move(culprit.lane(), List.of(culprit), cause);
    }

    /**
     * Moves messages behind quarantined ones of their keys.
     *
     * @return false if a lane is no longer ours
     */
    public boolean moveBehind(List<OutboxRecord> followers) {
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
                        .param("errorClass", cause == null ? null : FailureText.typeOf(cause))
                        .param("errorMessage", cause == null ? null : FailureText.messageOf(cause))
                        .query(Integer.class)
                        .single()
                == 1;
    }

    private static UUID messageId(OutboxRecord row) {
        return row.message().id().value();
    }

    /**
     * The quarantined keys of some lanes.
     *
     * @param keys each key with its lowest id in quarantine
     * @param released the keys of which all messages are released
     * @param isEmpty whether no message of the lanes is in quarantine, with a key or without
     */
    public record Contents(Map<TopicKey, Long> keys, Set<TopicKey> released, boolean isEmpty) {}

    /** Reads the quarantined keys of these lanes. */
    public Contents readContents(Collection<Integer> lanes) {
        Map<TopicKey, Long> keys = new HashMap<>();
        Set<TopicKey> released = new HashSet<>();
        AtomicBoolean empty = new AtomicBoolean(true);
        jdbc.sql(schema.in(KEYS)).param("lanes", lanes.toArray(Integer[]::new)).query(row -> {
            empty.set(false);
            byte[] bytes = row.getBytes("key");
            if (bytes == null) {
                return;
            }
            TopicKey key = TopicKey.of(OutboxRow.text(row, 1), bytes);
            keys.put(key, row.getLong("first"));
            if (row.getBoolean("released")) {
                released.add(key);
            }
        });
        return new Contents(keys, released, empty.get());
    }

    /** Revokes the release of a message that was refused again, and so of the messages behind it. */
    public void revokeRelease(OutboxRecord culprit, Exception cause) {
        jdbc.sql(schema.in(HOLD_AGAIN))
                .param("lane", culprit.lane())
                .param("id", culprit.id())
                .param("messageId", messageId(culprit))
                .param("errorClass", FailureText.typeOf(cause))
                .param("errorMessage", FailureText.messageOf(cause))
                .update();
    }
}
