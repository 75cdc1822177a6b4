package io.reliablemessaging.benchmarks;

import io.reliablemessaging.test.PostgresServer;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** What PostgreSQL counts of its databases, asked in a database of its own, so that the questions are not counted with them. */
final class ServerStatistics {

    private static final String TRANSACTIONS =
            "select xact_commit + xact_rollback from pg_stat_database where datname = ?";

    private static final String CONNECTIONS =
            "select count(*) from pg_stat_activity where datname = ? and backend_type = 'client backend'";

    private static final String WRITTEN = "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')";

    private final JdbcTemplate jdbc;

    ServerStatistics(PostgresServer postgres) {
        this.jdbc = new JdbcTemplate(
                new DriverManagerDataSource(postgres.jdbcUrl("postgres"), postgres.username(), postgres.password()));
    }

    /** How many transactions have ended in a database; each session adds its own about once a second. */
    long transactions(String database) {
        return number(TRANSACTIONS, database);
    }

    /** How many clients are connected to a database. */
    long connections(String database) {
        return number(CONNECTIONS, database);
    }

    /** Bytes of the write-ahead log of the whole server, since it was made. */
    long written() {
        return number(WRITTEN);
    }

    /** Begins the write-ahead log's next round: each page is written to it once more, as whole, when it is changed first. */
    void checkpoint() {
        jdbc.execute("checkpoint");
    }

    private long number(String sql, Object... parameters) {
        Long number = jdbc.queryForObject(sql, Long.class, parameters);
        return number == null ? 0 : number;
    }
}
