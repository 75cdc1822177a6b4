package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.Lanes;
import io.reliablemessaging.schema.Schema;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Says which lanes this instance may send, by the database's clock. Every instance keeps its name in {@code
 * relay_instance}; each takes free lanes, and those whose owner has let its lease run out, up to its share.
 */
final class LaneLeases {

    // With the number of lanes, since it may have grown while we were stopped, or held up for longer than our lease.
    // All lanes at once, so that they end together. A lane that nobody has taken meanwhile is still ours, even after
    // the lease has run out. Whoever takes over must be durable before it sends, whatever the database's default.
    private static final String RENEW = """
            with durable as (select set_config('synchronous_commit', 'on', true)),
                 gone as (delete from reliable_messaging.relay_instance where expires_at < clock_timestamp() and id <> :me),
                 here as (
                    insert into reliable_messaging.relay_instance (id, expires_at, host)
                    select :me, clock_timestamp() + make_interval(secs => :seconds), :host from durable
                    on conflict (id) do update set expires_at = excluded.expires_at),
                 mine as (
                    update reliable_messaging.relay_lane
                       set expires_at = clock_timestamp() + make_interval(secs => :seconds)
                     where owner = :me
                    returning lane, epoch)
            select (select count(*) from reliable_messaging.relay_instance
                     where expires_at >= clock_timestamp() and id <> :me) as others,
                   (select lanes from reliable_messaging.application) as lanes,
                   mine.lane, mine.epoch
              from (select 1) always left join mine on true
            """;

    // SKIP LOCKED: a lane that another instance is just taking is not free
    private static final String TAKE = """
            update reliable_messaging.relay_lane
               set owner = :me, epoch = epoch + 1,
                   expires_at = clock_timestamp() + make_interval(secs => :seconds)
             where (select set_config('synchronous_commit', 'on', true)) is not null
               and lane in (
                   select lane from reliable_messaging.relay_lane
                    where owner is null or (expires_at < clock_timestamp() and owner <> :me)
                    order by lane
                    limit :wanted
                      for update skip locked)
            returning lane, epoch
            """;

    private static final String RELEASE = """
            update reliable_messaging.relay_lane
               set owner = null, expires_at = '-infinity'
             where owner = :me and lane = any (:lanes::int[])
            """;

    private static final String LEAVE = """
            with gone as (delete from reliable_messaging.relay_instance where id = :me)
            update reliable_messaging.relay_lane
               set owner = null, expires_at = '-infinity'
             where owner = :me
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final Duration length;
    private final UUID me = UUID.randomUUID();
    private final String host = HostName.get();
    private final Lanes lanes;

    LaneLeases(DataSource autoCommit, Schema schema, Lanes lanes, Duration length) {
        this.lanes = lanes;
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.length = length;
    }

    /** Renews the lanes we have and takes free ones, up to our share. */
    Lease renew() {
        // taken before the request: however long it travels, we never believe in a later end than the database does
        long deadline = System.nanoTime() + length.toNanos();
        Map<Integer, Long> epochs = new HashMap<>();
        int[] others = new int[1];
        statement(RENEW).param("host", host).query(row -> {
            others[0] = row.getInt("others");
            lanes.update(row.getInt("lanes"));
            int lane = row.getInt("lane");
            if (!row.wasNull()) {
                epochs.put(lane, row.getLong("epoch"));
            }
        });
        int instances = others[0] + 1;
        int share = (lanes.count() + instances - 1) / instances;
        if (epochs.size() < share) {
            statement(TAKE).param("wanted", share - epochs.size()).query(row -> {
                epochs.put(row.getInt("lane"), row.getLong("epoch"));
            });
        }
        return new Lease(Map.copyOf(epochs), share, deadline);
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
        jdbc.sql(schema.in(RELEASE))
                .param("me", me)
                .param("lanes", some.toArray(Integer[]::new))
                .update();
    }

    /** Frees all our lanes and says that we are gone. */
    void leave() {
        jdbc.sql(schema.in(LEAVE)).param("me", me).update();
    }

    private JdbcClient.StatementSpec statement(String sql) {
        return jdbc.sql(schema.in(sql)).param("me", me).param("seconds", length.toMillis() / 1000.0);
    }
}
