package io.reliablemessaging.relay;

import io.reliablemessaging.schema.Schema;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Says which lanes this instance may send, by the database's clock. An instance takes every lane that is free or whose
 * owner has let its lease run out, and renews all in one statement.
 */
final class LaneLeases {

    private static final String SEED = """
            insert into reliable_messaging.relay_lane (lane)
            select generate_series(0, :lanes - 1)
             where not exists (select from reliable_messaging.relay_lane)
            on conflict do nothing
            """;

    private static final String COUNT = "select count(*) from reliable_messaging.relay_lane";

    // A lane that nobody has taken meanwhile is still ours, even after the lease has run out: same epoch.
    private static final String ACQUIRE = """
            update reliable_messaging.relay_lane
               set epoch = case when owner = :me then epoch else epoch + 1 end,
                   owner = :me,
                   expires_at = clock_timestamp() + make_interval(secs => :seconds)
             where owner = :me or owner is null or expires_at < clock_timestamp()
            returning lane, epoch
            """;

    private static final String RELEASE = """
            update reliable_messaging.relay_lane
               set owner = null, expires_at = '-infinity'
             where owner = :me
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final Duration length;
    private final UUID me = UUID.randomUUID();

    LaneLeases(DataSource autoCommit, Schema schema, Duration length) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.length = length;
    }

    /**
     * Makes the lanes, the first time.
     *
     * @throws LaneCountException if there are more or fewer than configured
     */
    void seed(int lanes) {
        jdbc.sql(schema.in(SEED)).param("lanes", lanes).update();
        int stored = jdbc.sql(schema.in(COUNT)).query(Integer.class).single();
        if (stored != lanes) {
            throw new LaneCountException(stored, lanes);
        }
    }

    /** Renews the lanes we have and takes those that are free. */
    Lease acquire() {
        // taken before the request: however long it travels, we never believe in a later end than the database does
        long deadline = System.nanoTime() + length.toNanos();
        Map<Integer, Long> epochs = new HashMap<>();
        jdbc.sql(schema.in(ACQUIRE))
                .param("me", me)
                .param("seconds", length.toMillis() / 1000.0)
                .query(row -> {
                    epochs.put(row.getInt("lane"), row.getLong("epoch"));
                });
        return new Lease(epochs, deadline);
    }

    /** Frees our lanes for the others at once. */
    void release() {
        jdbc.sql(schema.in(RELEASE)).param("me", me).update();
    }
}
