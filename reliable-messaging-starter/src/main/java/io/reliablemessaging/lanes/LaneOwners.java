package io.reliablemessaging.lanes;

import io.reliablemessaging.schema.Schema;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Reads which instance owns which lane; also in instances without a relay. */
public final class LaneOwners {

    private static final String OWNERS = """
            select lane.lane, lane.owner, instance.host
              from reliable_messaging.relay_lane lane
              left join reliable_messaging.relay_instance instance on instance.id = lane.owner
             where lane.owner is not null and lane.expires_at >= pg_catalog.clock_timestamp()
            """;

    private static final String FREE = """
            select lane from reliable_messaging.relay_lane
             where owner is null or expires_at < pg_catalog.clock_timestamp()
             order by lane
            """;

    private final JdbcClient jdbc;
    private final String free;
    private final String owners;
    private final Duration lease;

    public LaneOwners(DataSource autoCommit, Schema schema, Duration lease) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.owners = schema.in(OWNERS);
        this.free = schema.in(FREE);
        this.lease = lease;
    }

    /**
     * An instance that sends.
     *
     * @param id its id in the tables
     * @param host host that it runs on; null if it is of an earlier version
     */
    public record Owner(UUID id, @Nullable String host) {}

    /** Reads the owner of each lane that has one. */
    public Map<Integer, Owner> owners() {
        Map<Integer, Owner> found = new HashMap<>();
        jdbc.sql(owners).query(row -> {
            found.put(row.getInt(1), new Owner(row.getObject(2, UUID.class), row.getString(3)));
        });
        return found;
    }

    /** Reads the lanes without an owner. */
    public List<Integer> free() {
        return jdbc.sql(free).query(Integer.class).list();
    }

    /** Returns the length of a lease: for so long, the lanes of a dead instance may have no active owner. */
    public Duration lease() {
        return lease;
    }
}
