package io.reliablemessaging.lanes;

import io.reliablemessaging.schema.Schema;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Creates the lanes before the first message is published. The first instance stores its number of lanes; all others
 * use the stored number, whatever their configuration says.
 */
public final class LaneSetup {

    private static final String FIND = """
            select lanes from reliable_messaging.application
             where lanes = (select pg_catalog.count(*) from reliable_messaging.relay_lane)
            """;

    // No other instance creates lanes meanwhile. An instance of an earlier version only counts them, and creates them
    // with one INSERT if there are none: it has done so before us, or finds ours.
    private static final String LOCK = "lock table reliable_messaging.relay_lane in share row exclusive mode";

    private static final String STORE_NUMBER = """
            update reliable_messaging.application
               set lanes = coalesce(
                       nullif(greatest(lanes, (select pg_catalog.count(*)::int from reliable_messaging.relay_lane)), 0), :wanted::int)
            returning lanes
            """;

    private static final String CREATE = """
            insert into reliable_messaging.relay_lane (lane)
            select pg_catalog.generate_series(0, :lanes::int - 1)
            on conflict do nothing
            """;

    private final JdbcClient jdbc;
    private final TransactionTemplate transactions;
    private final Schema schema;

    public LaneSetup(DataSource autoCommit, Schema schema) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.transactions = new TransactionTemplate(new JdbcTransactionManager(autoCommit));
        // sees lanes created while it waited for the lock, whatever the host's default isolation is
        transactions.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
    }

    /**
     * Creates the lanes if there are none.
     *
     * @param wanted number of lanes to create if there are none
     * @return the number of lanes there are
     */
    public int ensureLanes(int wanted) {
        Optional<Integer> stored =
                jdbc.sql(schema.in(FIND)).query(Integer.class).optional();
        return stored.orElseGet(() -> Objects.requireNonNull(transactions.execute(status -> createLanes(wanted))));
    }

    private int createLanes(int wanted) {
        jdbc.sql(schema.in(LOCK)).update();
        int lanes = jdbc.sql(schema.in(STORE_NUMBER))
                .param("wanted", wanted)
                .query(Integer.class)
                .single();
        jdbc.sql(schema.in(CREATE)).param("lanes", lanes).update();
        return lanes;
    }
}
