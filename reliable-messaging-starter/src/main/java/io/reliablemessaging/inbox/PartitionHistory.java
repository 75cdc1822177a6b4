package io.reliablemessaging.inbox;

import io.reliablemessaging.operationlog.OperationLog;
import io.reliablemessaging.schema.Schema;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.core.simple.JdbcClient.StatementSpec;

/**
 * Stores how far a group is in each partition, and how its consumers ended. Every method but {@link #skip} is one statement
 * for any number of partitions, and each commits on its own.
 *
 * <p><b>Deaths.</b> A record that kills the process is never counted as a failure; it shows because several consumers in a row
 * crash without getting further.
 *
 * <p><b>The horizon.</b> A record that the inbox does not remember is new, or was forgotten. The offset tells which, whatever the
 * record's age. This rests on four facts:
 *
 * <ol>
 *   <li>A <i>checkpoint</i> is a time by the database's clock and the partition's end, read from the cluster <i>after</i> that
 *       time. Rows made before it have offsets below that end, whichever consumer made them, alive, dead or suspended: no consumer
 *       reads beyond the end.
 *   <li>{@code done_until} is what the present consumer has finished without a gap. It begins at the consumer's position, even if
 *       a person has moved that back, and only the present consumer raises it.
 *   <li>The purge deletes only rows that were made before a checkpoint whose end is at most {@code done_until}, in every
 *       partition of the topic, and raises {@code forgotten_until} to that end before. So everything below {@code
 *       forgotten_until} was taken charge of, all deleted rows lie below it, and rows of records that were finished
 *       beyond a gap stay until the gap is closed, however long that takes.
 *   <li>While a consumer lives, {@code forgotten_until} moves only over what it has finished itself. So it need not read it
 *       again, unless it was stopped for longer than the inbox remembers: see {@link InboxHorizon#isOutdated}.
 * </ol>
 *
 * <p>The deciding checkpoint is as old as the retention, not the newest one: for that long, a person can move offsets back to what
 * they have skipped. No record of a partition may be handled before {@link #begin} has returned.
 */
public final class PartitionHistory {

    private static final UUID SHARED = new UUID(0, 0);

    private static final String BEGIN = """
            with assigned as materialized (
                    select * from unnest(:topics::text[], :ids::uuid[], :partitions::int[], :offsets::bigint[])
                                  as a (topic, topic_id, partition, position)),
                 watched as (
                    insert into reliable_messaging.listener_partition as p
                           (consumer_group, topic, partition, began_at, clean)
                    select :group::text, topic, partition, position, false
                      from assigned where :watched::boolean order by topic, partition
                    on conflict (consumer_group, topic, partition) do update
                       set deaths = case when p.clean or p.began_at <> excluded.began_at then 0 else p.deaths + 1 end,
                           suspect = case when p.clean or p.began_at <> excluded.began_at then null else p.suspect end,
                           began_at = excluded.began_at,
                           clean = false
                    returning topic, partition, deaths),
                 gone as (
                    update reliable_messaging.partition_progress p
                       set topic_gone = true
                      from (select distinct topic, topic_id from assigned) a
                     where p.consumer_group = :group::text and p.topic = a.topic and p.topic_id <> a.topic_id
                       and not p.topic_gone
                       and not exists (
                           select from reliable_messaging.partition_progress mine
                            where mine.consumer_group = :group::text and mine.topic = a.topic
                              and mine.topic_id = a.topic_id and mine.topic_gone)),
                 begun as (
                    insert into reliable_messaging.partition_progress as p
                           (consumer_group, topic, topic_id, partition, consumer, done_until)
                    select :group::text, topic, topic_id, partition, :consumer::uuid, position
                      from assigned
                     order by topic, topic_id, partition
                    on conflict (consumer_group, topic, topic_id, partition) do update
                       set consumer = excluded.consumer, done_until = excluded.done_until
                    returning topic, topic_id, partition, forgotten_until)
            select topic, topic_id, partition, coalesce(deaths, 0) as deaths, forgotten_until, pg_catalog.clock_timestamp() as at,
                   array(select s.offset_number from reliable_messaging.skipped_offset s
                          where s.consumer_group = :group::text and s.topic = a.topic and s.partition = a.partition
                            and coalesce(s.topic_id, a.topic_id) = a.topic_id and s.offset_number >= a.position
                          order by s.offset_number) as skipped
              from assigned a
              join begun using (topic, topic_id, partition)
              left join watched using (topic, partition)
            """;

    // one record at a time, in offset order: the last one noted is the one at which the consumer crashed
    private static final String SUSPECT = """
            update reliable_messaging.listener_partition
               set suspect_tries = case when suspect = :offset::bigint then suspect_tries + 1
                                        when suspect > :offset::bigint then suspect_tries
                                        else 1 end,
                   suspect = greatest(suspect, :offset::bigint)
             where consumer_group = :group::text and topic = :topic::text and partition = :partition::int
            returning case when suspect = :offset::bigint then suspect_tries else 0 end
            """;

    // Locked in one order everywhere. A consumer that no longer owns the partition finds no row.
    private static final String MINE = """
            with told as materialized (
                    select * from unnest(:topics::text[], :ids::uuid[], :partitions::int[], :offsets::bigint[],
                                         :ends::bigint[])
                                  as a (topic, topic_id, partition, done_until, end_offset)),
                 mine as materialized (
                    select told.*
                      from told
                      join reliable_messaging.partition_progress p using (topic, topic_id, partition)
                     where p.consumer_group = :group::text and p.consumer = :consumer::uuid
                     order by topic, topic_id, partition
                       for no key update of p),
                 noted as (
                    update reliable_messaging.partition_progress p
                       set done_until = greatest(p.done_until, mine.done_until)
                      from mine
                     where p.consumer_group = :group::text and p.topic = mine.topic and p.topic_id = mine.topic_id
                       and p.partition = mine.partition
                    returning p.topic, p.topic_id, p.partition, p.forgotten_until, mine.end_offset)
            """;

    private static final String NOTE = MINE + """
            ,    checked as (
                    insert into reliable_messaging.partition_checkpoint
                           (consumer_group, topic, topic_id, partition, at, end_offset)
                    select :group::text, topic, topic_id, partition, :before::timestamptz, end_offset
                      from noted
                     where end_offset is not null and :before::timestamptz is not null
                       and not exists (
                           select from reliable_messaging.partition_checkpoint c
                            where c.consumer_group = :group::text and c.topic = noted.topic and c.topic_id = noted.topic_id
                              and c.partition = noted.partition
                              and c.at > :before::timestamptz - pg_catalog.make_interval(secs => :step::float8)))
            select topic, topic_id, partition, forgotten_until, pg_catalog.clock_timestamp() as at from noted
            """;

    private static final String END = MINE + """
            update reliable_messaging.listener_partition p
               set clean = true
              from noted
             where p.consumer_group = :group::text and p.topic = noted.topic and p.partition = noted.partition
            """;

    private static final String IS_FORGOTTEN = """
            select exists (
                   select from reliable_messaging.partition_progress
                    where consumer_group = :group::text and topic = :topic::text and partition = :partition::int and not topic_gone
                      and forgotten_until > :offset::bigint)
            """;

    private static final String SKIP = """
            with topic_now as (
                    select pg_catalog.max(topic_id::text)::uuid as id from reliable_messaging.partition_progress
                     where consumer_group = :group::text and topic = :topic::text and not topic_gone)
            insert into reliable_messaging.skipped_offset
                   (consumer_group, topic, topic_id, partition, offset_number, who)
            select :group::text, :topic::text, id, :partition::int, :offset::bigint, :who::text from topic_now
            on conflict do nothing
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final InboxRetention retention;
    private final InstantSource clock;
    private final OperationLog log;

    /**
     * The answer to a consumer that begins with partitions.
     *
     * @param at the database's time: end offsets read from now on are younger
     * @param partitions the past of each partition
     */
    public record Begun(Instant at, Map<ListenedPartition, PartitionStart> partitions) {}

    /**
     * The answer to a consumer that has noted its progress.
     *
     * @param at the database's time: end offsets read from now on are younger
     * @param horizons those of the partitions that the consumer still owns; a missing one must begin again before more is handled
     */
    public record Noted(@Nullable Instant at, Map<ListenedPartition, InboxHorizon> horizons) {}

    PartitionHistory(DataSource autoCommit, Schema schema, InboxRetention retention, InstantSource clock) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.retention = retention;
        this.clock = clock;
        this.log = new OperationLog(autoCommit, schema);
    }

    /**
     * Notes that a consumer begins with partitions, and reads their past.
     *
     * @param consumer a random id for this run of the consumer
     * @param positions where it begins: the group has taken charge of everything below
     */
    public Begun begin(UUID consumer, String group, Map<ListenedPartition, Long> positions) {
        return begin(consumer, group, positions, true);
    }

    /**
     * Notes the record that is about to be handled alone.
     *
     * @return how often it was noted as the last one, this call included
     */
    public int suspect(String group, String topic, int partition, long offset) {
        return jdbc.sql(schema.in(SUSPECT))
                .param("group", group)
                .param("topic", topic)
                .param("partition", partition)
                .param("offset", offset)
                .query(Integer.class)
                .single();
    }

    /**
     * Notes how far a consumer is in all its partitions. Call it regularly, and with end offsets about as often as
     * {@link #checkpointStep} says, even where nothing moves: without end offsets nothing is ever forgotten.
     *
     * @param consumer the id given to {@link #begin}
     * @param before the database's time, as last returned by this method or by {@link #begin}, from before the end offsets
     *     were read; null if none were read
     */
    public Noted noteProgress(
            UUID consumer, String group, Map<ListenedPartition, PartitionProgress> progress, @Nullable Instant before) {
        Instant asked = clock.instant();
        Instant[] at = {before};
        Map<ListenedPartition, InboxHorizon> horizons = new HashMap<>();
        progressStatement(NOTE, consumer, group, progress)
                .param("before", before == null ? null : before.atOffset(ZoneOffset.UTC))
                .param("step", retention.step().toSeconds())
                .query(row -> {
                    at[0] = time(row);
                    horizons.put(partition(row), horizon(row, asked));
                });
        return new Noted(at[0], horizons);
    }

    /**
     * Notes how far a share group is. Any member may call it, since the cluster itself stores the progress.
     *
     * @param progress start offsets of the group, and ends of the partitions
     * @param before as for {@link #noteProgress}
     */
    public Noted noteShared(
            String group, Map<ListenedPartition, PartitionProgress> progress, @Nullable Instant before) {
        Map<ListenedPartition, Long> starts = new HashMap<>();
        progress.forEach((partition, each) -> starts.put(partition, each.doneUntil()));
        Begun begun = begin(SHARED, group, starts, false);
        Noted noted = noteProgress(SHARED, group, progress, before);
        return before == null ? new Noted(begun.at(), noted.horizons()) : noted;
    }

    /** Returns the interval between checkpoints. */
    public Duration checkpointStep() {
        return retention.step();
    }

    /**
     * Notes that a consumer has handed partitions over in an orderly way.
     *
     * @param consumer the id given to {@link #begin}
     * @param done offset up to which it has finished each partition
     */
    public void end(UUID consumer, String group, Map<ListenedPartition, Long> done) {
        Map<ListenedPartition, PartitionProgress> progress = new HashMap<>();
        done.forEach((partition, offset) -> progress.put(partition, new PartitionProgress(offset, null)));
        progressStatement(END, consumer, group, progress).update();
    }

    /**
     * Makes the group skip a record whenever it begins before or at it. The record is lost for the group.
     *
     * @param reason why, for the operation log; null if that was not asked for
     */
    public void skip(String group, String topic, int partition, long offset, @Nullable String reason, String who) {
        StatementSpec skip = jdbc.sql(schema.in(SKIP))
                .param("group", group)
                .param("topic", topic)
                .param("partition", partition)
                .param("offset", offset)
                .param("who", who);
        int unused = log.inTransaction(() -> {
            log.note(who, "skip offset", "group %s, %s-%d@%d".formatted(group, topic, partition, offset), reason);
            return skip.update();
        });
    }

    /** Tells whether the group has taken charge of a record that the inbox may not remember. Reads the database. */
    public boolean isForgotten(String group, String topic, int partition, long offset) {
        return jdbc.sql(schema.in(IS_FORGOTTEN))
                .param("group", group)
                .param("topic", topic)
                .param("partition", partition)
                .param("offset", offset)
                .query(Boolean.class)
                .single();
    }

    private Begun begin(UUID consumer, String group, Map<ListenedPartition, Long> positions, boolean watched) {
        Instant asked = clock.instant();
        Instant[] at = {Instant.EPOCH};
        Map<ListenedPartition, PartitionStart> starts = new HashMap<>();
        List<ListenedPartition> partitions = new ArrayList<>();
        List<Long> offsets = new ArrayList<>();
        positions.forEach((partition, position) -> {
            partitions.add(partition);
            offsets.add(position);
        });
        statement(BEGIN, consumer, group, partitions)
                .param("offsets", offsets.toArray(Long[]::new))
                .param("watched", watched)
                .query(row -> {
                    at[0] = time(row);
                    starts.put(
                            partition(row),
                            new PartitionStart(row.getInt("deaths"), horizon(row, asked), offsets(row)));
                });
        return new Begun(at[0], starts);
    }

    private StatementSpec progressStatement(
            String sql, UUID consumer, String group, Map<ListenedPartition, PartitionProgress> progress) {
        List<ListenedPartition> partitions = new ArrayList<>();
        List<Long> done = new ArrayList<>();
        List<@Nullable Long> ends = new ArrayList<>();
        progress.forEach((partition, each) -> {
            partitions.add(partition);
            done.add(each.doneUntil());
            ends.add(each.endOffset());
        });
        return statement(sql, consumer, group, partitions)
                .param("offsets", done.toArray(Long[]::new))
                .param("ends", ends.toArray(Long[]::new));
    }

    private StatementSpec statement(String sql, UUID consumer, String group, Collection<ListenedPartition> partitions) {
        return jdbc.sql(schema.in(sql))
                .param("group", group)
                .param("consumer", consumer)
                .param("topics", array(String[]::new, partitions, ListenedPartition::topic))
                .param("ids", array(UUID[]::new, partitions, ListenedPartition::topicId))
                .param("partitions", array(Integer[]::new, partitions, ListenedPartition::partition));
    }

    private static <T> T[] array(
            IntFunction<T[]> type,
            Collection<ListenedPartition> partitions,
            Function<ListenedPartition, ? extends T> value) {
        return partitions.stream().map(value).toArray(type);
    }

    private static ListenedPartition partition(ResultSet row) throws SQLException {
        return new ListenedPartition(
                row.getString("topic"), row.getObject("topic_id", UUID.class), row.getInt("partition"));
    }

    private InboxHorizon horizon(ResultSet row, Instant asked) throws SQLException {
        return new InboxHorizon(row.getLong("forgotten_until"), asked.plus(retention.remembered()));
    }

    private static Instant time(ResultSet row) throws SQLException {
        return row.getObject("at", OffsetDateTime.class).toInstant();
    }

    private static List<Long> offsets(ResultSet row) throws SQLException {
        Array skipped = row.getArray("skipped");
        return List.of((Long[]) skipped.getArray());
    }
}
