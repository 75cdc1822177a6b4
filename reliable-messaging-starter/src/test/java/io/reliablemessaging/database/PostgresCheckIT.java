package io.reliablemessaging.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.reliablemessaging.Finding;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.test.PostgresServer;
import io.reliablemessaging.test.SharedServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** What PostgreSQL does that could lose a commit, and what keeps it from cleaning up: each found, each gone after it is fixed. */
@ExtendWith(OutputCaptureExtension.class)
class PostgresCheckIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    private static final Schema SCHEMA = new Schema("messaging");
    private static final PostgresLimits NO_PATIENCE = new PostgresLimits(Duration.ZERO, 0, Duration.ofDays(1));

    private static PostgresServer careless;

    private final String database = HostApplication.newDatabase();
    private final PostgresServer careful = SharedServers.postgres();
    private final PostgresCheck check = check(careful, careful.username(), PostgresLimits.DEFAULT);

    @BeforeAll
    static void start() {
        careless = PostgresServer.start(Map.of(
                "fsync", "off",
                "full_page_writes", "off",
                "synchronous_commit", "off",
                "autovacuum", "off",
                "max_prepared_transactions", "1"));
    }

    @AfterAll
    static void stop() {
        careless.close();
    }

    @BeforeEach
    void ourTables() {
        on(careful, "create schema messaging", "create table messaging.outbox_message (id int)");
    }

    @Test
    void aServerWithSafeSettingsIsNotFoundFaultWith() {
        assertThat(check.run()).isEmpty();
    }

    @Test
    void whatWeakensTheWholeServerIsFound() {
        PostgresCheck check = DatabaseAutoConfiguration.check(
                dataSource(careless, careless.username(), "postgres"), SCHEMA, PostgresLimits.DEFAULT);
        assertThat(found(check))
                .containsExactlyInAnyOrder(
                        "RM-D001 fsync of PostgreSQL",
                        "RM-D002 full_page_writes of PostgreSQL",
                        "RM-D003 synchronous_commit of our connections",
                        "RM-D010 autovacuum of PostgreSQL");
    }

    @Test
    void anApplicationOnSuchAServerIsRefusedInStrictMode(CapturedOutput output) {
        careless.createDatabase(database);
        String refusal = HostApplication.onSharedServers(Host.class)
                .on(careless, database)
                .with("reliable-messaging.durability.mode=strict")
                .refusal(output);
        assertThat(refusal)
                .contains("fsync of PostgreSQL is off, should be on (RM-D001)")
                .contains("Set fsync=on in postgresql.conf and reload. (RM-D001)");
    }

    @Test
    void asynchronousCommitsOfOneDatabaseAreFoundUntilFixed() {
        on(careful, "alter database %s set synchronous_commit = off".formatted(database));
        assertThat(found(check)).containsExactly("RM-D003 synchronous_commit of our connections");
        on(careful, "alter database %s reset synchronous_commit".formatted(database));
        assertThat(check.run()).isEmpty();
    }

    /** Without a named standby all of these wait for the same: this server's disk. */
    @ParameterizedTest
    @ValueSource(strings = {"local", "remote_write", "remote_apply", "on"})
    void whatACommitWaitsForIsNoMatterWithoutStandbys(String setting) {
        on(careful, "alter database %s set synchronous_commit = %s".formatted(database, setting));
        assertThat(check.run()).isEmpty();
    }

    @Test
    void commitsThatDoNotWaitForTheDiskOfANamedStandbyAreFound() {
        try (PostgresServer server = PostgresServer.start(Map.of("synchronous_standby_names", "elsewhere"))) {
            String named = dataBaseThatWaitsForNobody(server);
            PostgresCheck check = DatabaseAutoConfiguration.check(
                    dataSource(server, server.username(), named), SCHEMA, PostgresLimits.DEFAULT);
            assertThat(commits(server, check, named, "local"))
                    .containsExactly("RM-D014 local: promoting a standby of synchronous_standby_names may undo the last"
                            + " commits");
            assertThat(commits(server, check, named, "remote_write"))
                    .containsExactly(
                            "RM-D014 remote_write: if the standby's machine has crashed too, promoting it may undo"
                                    + " the last commits");
            assertThat(commits(server, check, named, "off"))
                    .containsExactly("RM-D003 off: a crash, and the promotion of a standby, may undo the last commits");
            assertThat(commits(server, check, named, "remote_apply")).isEmpty();
            assertThat(commits(server, check, named, "on")).isEmpty();
        }
    }

    /** The named standby is not there: a commit that waited for it would wait for ever. */
    private static String dataBaseThatWaitsForNobody(PostgresServer server) {
        run(server, "postgres", "set synchronous_commit = local", "create database named");
        return "named";
    }

    private static List<String> commits(PostgresServer server, PostgresCheck check, String database, String setting) {
        run(
                server,
                "postgres",
                "set synchronous_commit = local",
                "alter database %s set synchronous_commit = %s".formatted(database, setting));
        return check.run().stream()
                .map(finding -> finding.code() + " " + finding.actual())
                .toList();
    }

    @Test
    void aTableThatACrashEmptiesOrNobodyCleansIsFoundUntilFixed() {
        on(
                careful,
                "alter table messaging.outbox_message set unlogged",
                "alter table messaging.outbox_message set (autovacuum_enabled = off)");
        assertThat(found(check))
                .containsExactly(
                        "RM-D004 table messaging.outbox_message",
                        "RM-D010 autovacuum_enabled of table messaging.outbox_message");
        check.run().forEach(finding -> {
            if (finding.remedy().startsWith("alter table")) {
                on(careful, finding.remedy());
            }
        });
        assertThat(check.run()).isEmpty();
    }

    @Test
    void aTransactionThatIsLeftOpenIsFoundUntilItEnds() throws SQLException {
        PostgresCheck check = check(careful, careful.username(), NO_PATIENCE);
        try (Connection open = dataSource(careful, careful.username(), database).getConnection()) {
            open.setAutoCommit(false);
            execute(open, "create table held (id int)");
            assertThat(check.run())
                    .filteredOn(finding -> finding.code().equals("RM-D008"))
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.actual()).contains("idle in transaction since "));
            open.rollback();
        }
        assertThat(found(check)).noneMatch(finding -> finding.startsWith("RM-D008"));
    }

    @Test
    void aPreparedTransactionThatNobodyFinishesIsFoundUntilSomebodyDoes() throws SQLException {
        DataSource postgres = dataSource(careless, careless.username(), "postgres");
        PostgresCheck check = DatabaseAutoConfiguration.check(postgres, SCHEMA, NO_PATIENCE);
        try (Connection connection = postgres.getConnection()) {
            execute(connection, "begin", "create table prepared (id int)", "prepare transaction 'lost'");
            assertThat(found(check)).contains("RM-D009 prepared transaction lost");
            execute(connection, "rollback prepared 'lost'");
            assertThat(found(check)).doesNotContain("RM-D009 prepared transaction lost");
        }
    }

    @Test
    void aStandbyThatNoCommitWaitsForIsNoticed() throws SQLException {
        Properties properties = new Properties();
        properties.put("user", careful.username());
        properties.put("password", careful.password());
        properties.put("replication", "true");
        properties.put("assumeMinServerVersion", "9.4");
        properties.put("preferQueryMode", "simple");
        properties.put("ApplicationName", database);
        try (Connection standby = DriverManager.getConnection(careful.jdbcUrl(database), properties);
                PGReplicationStream stream = standby.unwrap(PGConnection.class)
                        .getReplicationAPI()
                        .replicationStream()
                        .physical()
                        .withStartPosition(position())
                        .start()) {
            assertThat(stream.isClosed()).isFalse();
            await().until(() -> found(check).equals(List.of("RM-D007 standby " + database)));
        }
        await().until(() -> check.run().isEmpty());
    }

    @Test
    void aRoleThatMayNotSeeOthersSaysSo() {
        String role = "r" + database;
        on(careful, "create role %s login password 'secret'".formatted(role));
        PostgresCheck check = check(careful, role, PostgresLimits.DEFAULT);
        assertThat(found(check)).containsExactly("RM-D011 sessions and standbys of other roles");
        on(careful, "grant pg_monitor to " + role);
        assertThat(check.run()).isEmpty();
    }

    @Test
    void aRoleThatMayNotEvenReadSettingsSaysSoAndKeepsWhatItKnew() {
        String role = "r" + database;
        on(
                careful,
                "create role %s login password 'secret'".formatted(role),
                "grant pg_monitor to " + role,
                "alter table messaging.outbox_message set unlogged");
        PostgresCheck check = check(careful, role, PostgresLimits.DEFAULT);
        assertThat(found(check)).containsExactly("RM-D004 table messaging.outbox_message");
        on(careful, "revoke select on pg_catalog.pg_settings from public");
        assertThat(found(check))
                .containsExactly("RM-D004 table messaging.outbox_message", "RM-D005 settings of PostgreSQL");
    }

    @Test
    void eachConnectionGoesBackToThePool() {
        try (HikariDataSource pool = new HikariDataSource()) {
            pool.setDataSource(dataSource(careful, careful.username(), database));
            pool.setMaximumPoolSize(1);
            pool.setConnectionTimeout(Duration.ofSeconds(5).toMillis());
            PostgresCheck check = DatabaseAutoConfiguration.check(pool, SCHEMA, PostgresLimits.DEFAULT);
            assertThat(check.run()).isEmpty();
            assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isZero();
        }
    }

    private PostgresCheck check(PostgresServer server, String role, PostgresLimits limits) {
        return DatabaseAutoConfiguration.check(dataSource(server, role, database), SCHEMA, limits);
    }

    private static DataSource dataSource(PostgresServer server, String role, String database) {
        String password = role.equals(server.username()) ? server.password() : "secret";
        return new DriverManagerDataSource(server.jdbcUrl(database), role, password);
    }

    private static List<String> found(PostgresCheck check) {
        return check.run().stream()
                .map((Finding finding) -> finding.code() + " " + finding.where())
                .toList();
    }

    private LogSequenceNumber position() throws SQLException {
        try (Connection connection =
                        dataSource(careful, careful.username(), database).getConnection();
                Statement statement = connection.createStatement();
                var rows = statement.executeQuery("select pg_current_wal_flush_lsn()::text")) {
            rows.next();
            return LogSequenceNumber.valueOf(rows.getString(1));
        }
    }

    private void on(PostgresServer server, String... statements) {
        run(server, database, statements);
    }

    private static void run(PostgresServer server, String database, String... statements) {
        try (Connection connection =
                dataSource(server, server.username(), database).getConnection()) {
            execute(connection, statements);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void execute(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }
}
