package io.reliablemessaging.schema;

import java.time.Duration;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.util.ClassUtils;

/** Asks the database whether it answers and accepts writes. */
public final class DatabaseProbe {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    // a server that is being promoted answers, but accepts no writes
    private static final String ASK = "select pg_catalog.current_setting('transaction_read_only') = 'on'";

    private static final boolean HIKARI =
            ClassUtils.isPresent("com.zaxxer.hikari.HikariDataSource", DatabaseProbe.class.getClassLoader());

    private final JdbcTemplate jdbc;

    public DatabaseProbe(DataSource dataSource) {
        this.jdbc = new JdbcTemplate(new AnsweringDataSource(new AutoCommitDataSource(dataSource), LIMIT));
    }

    /** Creates a probe with connections of its own, beside the pool; null if it is not known how the data source connects. */
    public static @Nullable DatabaseProbe besidePool(DataSource dataSource) {
        DataSource unpooled = HIKARI ? HostConnections.unpooled(dataSource) : null;
        return unpooled == null ? null : new DatabaseProbe(unpooled);
    }

    /**
     * Asks the database.
     *
     * @throws org.springframework.dao.DataAccessException if it does not answer, or accepts no writes
     */
    public void ask() {
        if (Boolean.TRUE.equals(jdbc.queryForObject(ASK, Boolean.class))) {
            throw new TransientDataAccessResourceException(
                    "The database accepts no writes: its transactions are read-only");
        }
    }
}
