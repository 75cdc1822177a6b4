package io.reliablemessaging.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.test.SharedServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** Our tables come into being for a host whose transactions are REPEATABLE READ. */
class SnapshotSchemaIT {

    private static final String AT_THE_LOCK = """
            select count(*) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid() and query like '%advisory%'
               and state = 'idle in transaction'
            """;

    private static final String AT_THE_TABLE = """
            select count(*) from pg_stat_activity
             where datname = current_database() and wait_event_type = 'Lock'
            """;

    private DataSource host;
    private JdbcTemplate sql;

    @BeforeEach
    void newDatabase() {
        var server = SharedServers.postgres();
        host = new DriverManagerDataSource(
                server.jdbcUrl(HostApplication.newDatabase()), server.username(), server.password());
        sql = new JdbcTemplate(host);
    }

    /** The second waits for the first, with a snapshot from before it had made anything. */
    @Test
    void twoInstancesMayStartAtOnce() throws Exception {
        sql.execute("create schema reliable_messaging");
        CompletableFuture<Void> first;
        CompletableFuture<Void> second;
        try (Connection other = host.getConnection()) {
            other.setAutoCommit(false);
            other.createStatement().execute("create table reliable_messaging.application ()");
            first = migrating();
            await().until(() -> count(AT_THE_TABLE) == 1);
            second = migrating();
            await().until(() -> count(AT_THE_LOCK) >= 1);
            other.rollback();
        }
        first.get();
        second.get();
        assertThat(count("select count(*) from reliable_messaging.application")).isEqualTo(1);
    }

    @Test
    void aConnectionGoesBackToItsPoolAsItWas() throws SQLException {
        try (Connection physical = snapshots().getConnection()) {
            SingleConnectionDataSource pool = new SingleConnectionDataSource(physical, true);
            try (Connection ours = new ReadCommittedDataSource(pool).getConnection()) {
                assertThat(ours.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_READ_COMMITTED);
            }
            assertThat(physical.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_REPEATABLE_READ);
        }
    }

    private CompletableFuture<Void> migrating() {
        SchemaMigration migration =
                new SchemaMigration(snapshots(), new Schema("reliable_messaging"), true, ApplicationName.given("host"));
        return CompletableFuture.runAsync(migration::afterPropertiesSet);
    }

    /** As a pool that is configured so gives them. */
    private DataSource snapshots() {
        return new DelegatingDataSource(host) {
            @Override
            public Connection getConnection() throws SQLException {
                Connection connection = super.getConnection();
                connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
                return connection;
            }
        };
    }

    private long count(String query) {
        Long count = sql.queryForObject(query, Long.class);
        return count == null ? 0 : count;
    }
}
