package io.reliablemessaging.quarantine;

import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.outbox.OutboxRow;
import io.reliablemessaging.schema.Schema;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Finds, loads and deletes released rows of {@code outbox_quarantine}, for the owner of their lanes. */
public final class ReleasedRows {

    // A message is due if no refused and unreleased message of its key is at or before it. So the messages behind need
    // no release of their own, and one that is moved behind while a person releases the key is not missed. A key waits
    // while an earlier message of it is in the outbox: that one was in flight when a later one was refused. All in one
    // statement: of each key, either nothing is due or everything from its first row on, up to the limit.
    private static final String DUE = """
            with refused as (
                    select lane, topic, key, pg_catalog.min(id) as id from reliable_messaging.outbox_quarantine
                     where lane = any (:lanes::int[]) and error_class is not null and not released
                     group by lane, topic, key),
                 due as (
                    select q.lane, q.id, q.message_id, q.topic, q.key,
                           coalesce(pg_catalog.octet_length(q.value), 0) + pg_catalog.octet_length(q.headers) as bytes,
                           pg_catalog.min(q.id) over (partition by q.lane, q.topic, q.key) as first
                      from reliable_messaging.outbox_quarantine q
                      left join refused on refused.lane = q.lane and refused.topic = q.topic and refused.key = q.key
                     where q.lane = any (:lanes::int[]) and q.topic <> all (:leftOut::text[])
                       and case when q.key is null then q.error_class is null or q.released
                                else refused.id is null or refused.id > q.id end
                     order by q.id
                     limit :most::bigint),
                 earlier as materialized (
                    select o.lane, o.topic, o.key, pg_catalog.min(o.id) as id
                      from (select lane, pg_catalog.max(first) as below, pg_catalog.array_agg(distinct topic) as topics
                              from due where key is not null group by lane) range
                     cross join lateral (
                           select lane, id, topic, key from reliable_messaging.outbox_message m
                            where m.lane = range.lane and m.id < range.below and m.topic = any (range.topics)
                            order by m.id) o
                     group by o.lane, o.topic, o.key)
            select due.lane, due.id, due.message_id, due.topic, due.key, due.bytes
              from due
             where not exists (
                   select from earlier
                    where earlier.lane = due.lane and earlier.topic = due.topic and earlier.key = due.key
                      and earlier.id < due.first)
             order by due.id
            """;

    private static final String ANY = """
            select exists (select from reliable_messaging.outbox_quarantine where lane = any (:lanes::int[]))
            """;

    private static final String LOAD = """
            select q.lane, q.id, q.message_id, q.topic, q.partition, q.key, q.value, q.headers,
                   pg_catalog.date_part('epoch', pg_catalog.statement_timestamp()) - pg_catalog.date_part('epoch', q.created_at) as age
              from unnest(:lanes::int[], :ids::bigint[], :messageIds::uuid[]) as wanted (lane, id, message_id)
              join reliable_messaging.outbox_quarantine q
                   on q.lane = wanted.lane and q.id = wanted.id and q.message_id = wanted.message_id
             order by q.id
            """;

    private static final String DELETE = """
            delete from reliable_messaging.outbox_quarantine q
             using unnest(:lanes::int[], :ids::bigint[], :messageIds::uuid[]) as sent (lane, id, message_id)
             where q.lane = sent.lane and q.id = sent.id and q.message_id = sent.message_id
            """;

    private final JdbcClient jdbc;
    private final Schema schema;

    public ReleasedRows(DataSource autoCommit, Schema schema) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
    }

    /**
     * Finds the first due messages, in order.
     *
     * @param leftOut topics to leave out
     */
    public List<ReleasedMessage> findDue(Collection<Integer> lanes, Set<String> leftOut, int most) {
        return jdbc.sql(schema.in(DUE))
                .param("lanes", lanes.toArray(Integer[]::new))
                .param("leftOut", leftOut.toArray(String[]::new))
                .param("most", most)
                .query((row, number) -> new ReleasedMessage(
                        row.getInt("lane"),
                        row.getLong("id"),
                        row.getObject("message_id", UUID.class),
                        OutboxRow.text(row, 4),
                        row.getBytes("key"),
                        row.getLong("bytes")))
                .list();
    }

    /** Returns whether a message of these lanes is in quarantine, released or not. */
    public boolean hasAny(Collection<Integer> lanes) {
        return jdbc.sql(schema.in(ANY))
                .param("lanes", lanes.toArray(Integer[]::new))
                .query(Boolean.class)
                .single();
    }

    /** Loads the messages that still exist, with their payloads, in order. */
    public List<OutboxRecord> load(List<ReleasedMessage> wanted) {
        return jdbc.sql(schema.in(LOAD))
                .param("lanes", wanted.stream().map(ReleasedMessage::lane).toArray(Integer[]::new))
                .param("ids", wanted.stream().map(ReleasedMessage::id).toArray(Long[]::new))
                .param(
                        "messageIds",
                        wanted.stream().map(ReleasedMessage::messageId).toArray(UUID[]::new))
                .query((row, number) -> OutboxRow.read(row))
                .list();
    }

    /** Deletes messages that the broker has taken. */
    public void delete(List<OutboxRecord> sent) {
        jdbc.sql(schema.in(DELETE))
                .param("lanes", sent.stream().map(OutboxRecord::lane).toArray(Integer[]::new))
                .param("ids", sent.stream().map(OutboxRecord::id).toArray(Long[]::new))
                .param(
                        "messageIds",
                        sent.stream().map(row -> row.message().id().value()).toArray(UUID[]::new))
                .update();
    }
}
