package io.reliablemessaging.lanes;

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
import org.springframework.util.function.SingletonSupplier;

/**
 * Leases lanes to this instance, by the database's clock. Every instance has a row in {@code relay_instance}. Each
 * takes free lanes, and lanes whose owner's lease has expired, up to its share.
 */
public final class LaneLeases {

    // Returns the number of lanes, since it may have grown while we were stopped, or held up for longer than our lease.
    // Renews all lanes at once, so that their leases end together. A lane that no other instance has taken is still
    // ours, even after the lease has expired. A take-over must be durable before the new owner sends, whatever the
    // database's default. An instance that stands aside has no row here, so that instances of earlier versions do not
    // count it either.
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

    // SKIP LOCKED: a lane that another instance is taking at this moment is not free
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
    private final UUID instance = UUID.randomUUID();
    private final SingletonSupplier<String> host = SingletonSupplier.of(HostName::get); // it may ask the resolver
    private final Lanes lanes;
    private final @Nullable String sharedChannel;

    /**
     * Creates the leases.
     *
     * @param length duration of a lease
     * @param notifies whether other instances are notified when shares change; otherwise their next renewal shows it
     */
    public LaneLeases(DataSource autoCommit, Schema schema, Lanes lanes, Duration length, boolean notifies) {
        this.sharedChannel = notifies ? LaneNotice.channel(schema) : null;
        this.lanes = lanes;
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.length = length;
    }

    /**
     * What a renewal tells other instances.
     *
     * @param fitness tells whether this instance can send
     * @param hearing tells how it is notified
     */
    record Announcement(SendingFitness.Report fitness, PollSchedule.Announcement hearing) {}

    /**
     * The result of a renewal.
     *
     * @param lease the lanes that are ours now
     * @param othersSend whether another instance has sent since this one cannot
     * @param released whether released messages are in quarantine, in any lane
     */
    record Renewal(LaneLease lease, boolean othersSend, boolean released) {}

    /** Renews our lease, and takes free lanes up to our share. */
    Renewal renew(Announcement announcement) {
        // computed before the request: however long it takes, our deadline is never later than the database's
        long deadline = System.nanoTime() + length.toNanos();
        Answer answer = new Answer();
        withLease(RENEW)
                .param("host", host.obtain())
                .param("sends", announcement.fitness().sends())
                .param("unfit", announcement.fitness().unfit().toMillis() / 1000.0)
                .param("channel", announcement.hearing().channel(), Types.VARCHAR)
                .param("awake", announcement.hearing().awake())
                .param("proof", announcement.hearing().proof(), Types.VARCHAR)
                .param("everybody", sharedChannel, Types.VARCHAR)
                .param("shares", LaneNotice.SHARES)
                .query(answer);
        lanes.update(answer.lanes);
        int instances = answer.others + 1;
        int share = (lanes.count() + instances - 1) / instances;
        Map<Integer, Long> epochs = answer.epochs;
        if (epochs.size() < share && answer.free) {
            withLease(TAKE).param("wanted", share - epochs.size()).query(row -> {
                epochs.put(row.getInt("lane"), row.getLong("epoch"));
            });
        }
        return new Renewal(new LaneLease(Map.copyOf(epochs), share, deadline), answer.othersSend, answer.released);
    }

    /** Reads the rows that a renewal returns: one for each of our lanes, or one without a lane. */
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

    /** Returns the id of this instance in the tables. */
    public UUID instance() {
        return instance;
    }

    /** Returns the host that this instance runs on. */
    public String host() {
        return host.obtain();
    }

    /** Releases some of our lanes, so that others can take them at once. */
    void release(Collection<Integer> some) {
        withNotice(jdbc.sql(schema.in(RELEASE)).param("lanes", some.toArray(Integer[]::new)))
                .query(Long.class)
                .single();
    }

    /** Releases all our lanes and deletes the row of this instance. */
    void leave() {
        withNotice(jdbc.sql(schema.in(LEAVE))).query(Long.class).single();
    }

    private JdbcClient.StatementSpec withNotice(JdbcClient.StatementSpec statement) {
        return statement
                .param("me", instance)
                .param("everybody", sharedChannel, Types.VARCHAR)
                .param("shares", LaneNotice.SHARES);
    }

    private JdbcClient.StatementSpec withLease(String sql) {
        return jdbc.sql(schema.in(sql)).param("me", instance).param("seconds", length.toMillis() / 1000.0);
    }
}
