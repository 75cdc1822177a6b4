package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.LaneNotice;
import io.reliablemessaging.outbox.Lanes;
import io.reliablemessaging.schema.Schema;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.RowCallbackHandler;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Says which lanes this instance may send, by the database's clock. Every instance keeps its name in {@code
 * relay_instance}; each takes free lanes, and those whose owner has let its lease run out, up to its share.
 */
final class LaneLeases {

    // With the number of lanes, since it may have grown while we were stopped, or held up for longer than our lease.
    // All lanes at once, so that they end together. A lane that nobody has taken meanwhile is still ours, even after
    // the lease has run out. Whoever takes over must be durable before it sends, whatever the database's default.
    // Whoever stands aside has no row here, so that instances of earlier versions do not count it either.
    private static final String RENEW = """
            with durable as (select pg_catalog.set_config('synchronous_commit', 'on', true)),
                 gone as (delete from reliable_messaging.relay_instance
                           where expires_at < pg_catalog.clock_timestamp() and id <> :me::uuid),
                 here as (
                    insert into reliable_messaging.relay_instance (id, expires_at, host, sends_at, channel, awake)
                    select :me::uuid, pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => :seconds::float8), :host::text,
                           case when :sends::boolean then pg_catalog.clock_timestamp() end, :channel::text, :awake::boolean
                      from durable
                    on conflict (id) do update
                       set expires_at = excluded.expires_at, channel = excluded.channel, awake = excluded.awake,
                           sends_at = coalesce(excluded.sends_at, relay_instance.sends_at)
                    returning xmax = '0'::pg_catalog.xid as is_new),
                 mine as (
                    update reliable_messaging.relay_lane
                       set expires_at = pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => :seconds::float8)
                     where owner = :me::uuid
                    returning lane, epoch)
            select others.number as others, others.send as others_send,
                   (select lanes from reliable_messaging.application) as lanes,
                   exists (select from reliable_messaging.relay_lane
                            where owner is null
                               or (expires_at < pg_catalog.clock_timestamp() and owner <> :me::uuid)) as free,
                   exists (select from reliable_messaging.outbox_quarantine where released) as released,
                   (select pg_catalog.count(pg_catalog.pg_notify(:proof::text, '')) from (select 1) one
                     where :proof::text is not null) as proofs,
                   (select pg_catalog.count(pg_catalog.pg_notify(:everybody::text, :shares::text)) from here
                     where is_new and :everybody::text is not null) as told,
                   mine.lane, mine.epoch
              from (select pg_catalog.count(*) as number,
                           coalesce(pg_catalog.bool_or(sends_at > pg_catalog.clock_timestamp()
                               - pg_catalog.make_interval(secs => :unfit::float8)), false) as send
                      from reliable_messaging.relay_instance
                     where expires_at >= pg_catalog.clock_timestamp() and id <> :me::uuid) others
              left join mine on true
            """;

    // SKIP LOCKED: a lane that another instance is just taking is not free
    private static final String TAKE = """
            update reliable_messaging.relay_lane
               set owner = :me::uuid, epoch = epoch + 1,
                   expires_at = pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => :seconds::float8)
             where (select pg_catalog.set_config('synchronous_commit', 'on', true)) is not null
               and lane in (
                   select lane from reliable_messaging.relay_lane
                    where owner is null or (expires_at < pg_catalog.clock_timestamp() and owner <> :me::uuid)
                    order by lane
                    limit :wanted::bigint
                      for update skip locked)
            returning lane, epoch
            """;

    private static final String RELEASE = """
            with free as (
                    update reliable_messaging.relay_lane
                       set owner = null, expires_at = '-infinity'
                     where owner = :me::uuid and lane = any (:lanes::int[])
                    returning lane)
            select pg_catalog.count(pg_catalog.pg_notify(:everybody::text, :shares::text))
              from (select from free limit 1) freed
             where :everybody::text is not null
            """;

    private static final String LEAVE = """
            with gone as (delete from reliable_messaging.relay_instance where id = :me::uuid returning id),
                 free as (
                    update reliable_messaging.relay_lane
                       set owner = null, expires_at = '-infinity'
                     where owner = :me::uuid)
            select pg_catalog.count(pg_catalog.pg_notify(:everybody::text, :shares::text)) from gone
             where :everybody::text is not null
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final Duration length;
    private final UUID me = UUID.randomUUID();
    private final String host = HostName.get();
    private final Lanes lanes;
    private final @Nullable String everybody;

    /**
     * Makes them.
     *
     * @param length how long a lease lasts
     * @param tells whether the others are told when shares change; otherwise they find out with their next renewal
     */
    LaneLeases(DataSource autoCommit, Schema schema, Lanes lanes, Duration length, boolean tells) {
        this.everybody = tells ? LaneNotice.channel(schema) : null;
        this.lanes = lanes;
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.length = length;
    }

    /**
     * What a renewal says to the others.
     *
     * @param fitness whether this instance can send
     * @param hearing where it hears notices, and how
     */
    record Word(Fitness.Report fitness, Attention.Word hearing) {}

    /**
     * What a renewal has brought.
     *
     * @param lease the lanes that are ours now
     * @param othersSend whether another instance has shown that it can send since this one cannot
     * @param released whether messages in quarantine are released, in whatever lane
     */
    record Renewal(Lease lease, boolean othersSend, boolean released) {}

    /** Renews the lanes we have and takes free ones, up to our share. */
    Renewal renew(Word word) {
        // taken before the request: however long it travels, we never believe in a later end than the database does
        long deadline = System.nanoTime() + length.toNanos();
        Answer answer = new Answer();
        statement(RENEW)
                .param("host", host)
                .param("sends", word.fitness().sends())
                .param("unfit", word.fitness().unfit().toMillis() / 1000.0)
                .param("channel", word.hearing().channel(), Types.VARCHAR)
                .param("awake", word.hearing().awake())
                .param("proof", word.hearing().proof(), Types.VARCHAR)
                .param("everybody", everybody, Types.VARCHAR)
                .param("shares", LaneNotice.SHARES)
                .query(answer);
        lanes.update(answer.lanes);
        int instances = answer.others + 1;
        int share = (lanes.count() + instances - 1) / instances;
        Map<Integer, Long> epochs = answer.epochs;
        if (epochs.size() < share && answer.free) {
            statement(TAKE).param("wanted", share - epochs.size()).query(row -> {
                epochs.put(row.getInt("lane"), row.getLong("epoch"));
            });
        }
        return new Renewal(new Lease(Map.copyOf(epochs), share, deadline), answer.othersSend, answer.released);
    }

    /** The rows that a renewal returns: one for each lane of ours, or one without. */
    private static final class Answer implements RowCallbackHandler {

        private final Map<Integer, Long> epochs = new HashMap<>();
        private int others;
        private int lanes;
        private boolean othersSend;
        private boolean free;
        private boolean released;

        @Override
        public void processRow(ResultSet row) throws SQLException {
            others = row.getInt("others");
            lanes = row.getInt("lanes");
            othersSend = row.getBoolean("others_send");
            free = row.getBoolean("free");
            released = row.getBoolean("released");
            int lane = row.getInt("lane");
            if (!row.wasNull()) {
                epochs.put(lane, row.getLong("epoch"));
            }
        }
    }

    /** Name of this instance, as the tables know it. */
    UUID me() {
        return me;
    }

    /** Where this instance runs. */
    String host() {
        return host;
    }

    /** Frees some of our lanes for the others at once. */
    void release(Collection<Integer> some) {
        telling(jdbc.sql(schema.in(RELEASE)).param("lanes", some.toArray(Integer[]::new)))
                .query(Long.class)
                .single();
    }

    /** Frees all our lanes and says that we are gone. */
    void leave() {
        telling(jdbc.sql(schema.in(LEAVE))).query(Long.class).single();
    }

    private JdbcClient.StatementSpec telling(JdbcClient.StatementSpec statement) {
        return statement
                .param("me", me)
                .param("everybody", everybody, Types.VARCHAR)
                .param("shares", LaneNotice.SHARES);
    }

    private JdbcClient.StatementSpec statement(String sql) {
        return jdbc.sql(schema.in(sql)).param("me", me).param("seconds", length.toMillis() / 1000.0);
    }
}
