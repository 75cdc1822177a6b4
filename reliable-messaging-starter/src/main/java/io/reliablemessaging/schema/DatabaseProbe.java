package io.reliablemessaging.schema;

import java.time.Duration;
import javax.sql.DataSource;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.jdbc.core.JdbcTemplate;

/** Asks the database whether it is there and takes writes. */
public final class DatabaseProbe {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    // a server that is being promoted answers, but takes no writes
    private static final String ASK = "select pg_catalog.current_setting('transaction_read_only') = 'on'";

    private final JdbcTemplate jdbc;

    public DatabaseProbe(DataSource dataSource) {
        this.jdbc = new JdbcTemplate(new AnsweringDataSource(new AutoCommitDataSource(dataSource), LIMIT));
    }

    /**
     * Asks it.
     *
     * @throws org.springframework.dao.DataAccessException if it does not answer, or takes no writes
     */
    public void ask() {
        if (Boolean.TRUE.equals(jdbc.queryForObject(ASK, Boolean.class))) {
            throw new TransientDataAccessResourceException(
                    "The database takes no writes: its transactions are read-only");
        }
    }
}
