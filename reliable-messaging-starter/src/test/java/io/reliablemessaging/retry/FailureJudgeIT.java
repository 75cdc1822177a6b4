package io.reliablemessaging.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.zaxxer.hikari.HikariDataSource;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.test.SharedServers;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What a real pool and a real server throw. */
class FailureJudgeIT {

    private final String url = SharedServers.postgres().jdbcUrl(HostApplication.newDatabase());

    @Test
    void aPoolWithoutAFreeConnectionIsNoOutage() throws SQLException {
        try (HikariDataSource pool = pool(url);
                Connection only = pool.getConnection()) {
            assertThat(only.isClosed()).isFalse();
            assertKind(FailureKind.POOL_EXHAUSTED, pool);
        }
    }

    @Test
    void aPoolThatCannotConnectIsAnOutage() {
        try (HikariDataSource pool = pool("jdbc:postgresql://127.0.0.1:1/none")) {
            assertKind(FailureKind.DATABASE_AWAY, pool);
        }
    }

    @Test
    void aPoolWhosePasswordIsRefusedHasNoConnectionToGive() {
        try (HikariDataSource pool = pool(url)) {
            pool.setPassword("wrong");
            assertKind(FailureKind.POOL_EXHAUSTED, pool);
        }
    }

    @Test
    void aConnectionThatTheServerHasClosedIsAnOutage() {
        try (HikariDataSource pool = pool(url)) {
            Throwable thrown = catchThrowable(
                    () -> new JdbcTemplate(pool).execute("select pg_terminate_backend(pg_backend_pid(), 10000)"));
            assertThat(FailureJudge.kindOf(thrown)).isEqualTo(FailureKind.DATABASE_AWAY);
        }
    }

    private static void assertKind(FailureKind kind, DataSource pool) {
        TransactionTemplate transactions = new TransactionTemplate(new JdbcTransactionManager(pool));
        Throwable inTransaction = catchThrowable(() -> transactions.executeWithoutResult(status -> {}));
        Throwable without = catchThrowable(() -> new JdbcTemplate(pool).execute("select 1"));
        assertThat(FailureJudge.kindOf(inTransaction)).as("%s", inTransaction).isEqualTo(kind);
        assertThat(FailureJudge.kindOf(without)).as("%s", without).isEqualTo(kind);
    }

    private static HikariDataSource pool(String url) {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(url);
        pool.setUsername(SharedServers.postgres().username());
        pool.setPassword(SharedServers.postgres().password());
        pool.setMaximumPoolSize(1);
        pool.setConnectionTimeout(1_000);
        pool.setInitializationFailTimeout(-1);
        return pool;
    }
}
