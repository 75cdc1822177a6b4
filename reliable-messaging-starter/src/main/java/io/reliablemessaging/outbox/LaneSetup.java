package io.reliablemessaging.outbox;

import io.reliablemessaging.schema.Schema;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Makes the lanes before anything is published: the first instance writes its number down, all others take the number that
 * they find, whatever their configuration says.
 */
final class LaneSetup {

    private static final String FIND = """
            select lanes from reliable_messaging.application
             where lanes = (select pg_catalog.count(*) from reliable_messaging.relay_lane)
            """;

    // Nobody makes lanes meanwhile. An instance of an earlier version knows only how many there are, and makes them
    // with one INSERT if there are none: it has done so before us, or finds ours.
    private static final String LOCK = "lock table reliable_messaging.relay_lane in share row exclusive mode";

    private static final String SETTLE = """
            update reliable_messaging.application
               set lanes = coalesce(
                       nullif(greatest(lanes, (select pg_catalog.count(*)::int from reliable_messaging.relay_lane)), 0), :wanted::int)
            returning lanes
            """;

    private static final String MAKE = """
            insert into reliable_messaging.relay_lane (lane)
            select pg_catalog.generate_series(0, :lanes::int - 1)
            on conflict do nothing
            """;

    private final JdbcClient jdbc;
    private final TransactionTemplate transactions;
    private final Schema schema;

    LaneSetup(DataSource autoCommit, Schema schema) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.transactions = new TransactionTemplate(new JdbcTransactionManager(autoCommit));
        // what was made while we waited for the lock is seen, whatever the host's default is
        transactions.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
    }

    /**
     * Makes the lanes if there are none.
     *
     * @param wanted how many there are to be if nobody has made any
     * @return how many there are
     */
    int settle(int wanted) {
        Optional<Integer> stored =
                jdbc.sql(schema.in(FIND)).query(Integer.class).optional();
        return stored.orElseGet(() -> Objects.requireNonNull(transactions.execute(status -> make(wanted))));
    }

    private int make(int wanted) {
        jdbc.sql(schema.in(LOCK)).update();
        int lanes = jdbc.sql(schema.in(SETTLE))
                .param("wanted", wanted)
                .query(Integer.class)
                .single();
        jdbc.sql(schema.in(MAKE)).param("lanes", lanes).update();
        return lanes;
    }
}
