package io.reliablemessaging.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.reliablemessaging.schema.HostConnections;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.test.PostgresServer;
import io.reliablemessaging.test.SharedServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.mock.env.MockEnvironment;

/** The relay's connections are made as the host's are, beside its pool, and never more than five. */
class OutboxConnectionsIT {

    private static final PostgresServer SERVER = SharedServers.postgres();

    private final String database = HostApplication.newDatabase();
    private final String name = "own-" + UUID.randomUUID();
    private final JdbcTemplate outside = new JdbcTemplate(driver());
    private final HikariDataSource pool = new HikariDataSource();
    private OutboxConnections connections;

    @BeforeEach
    void fillPool() {
        pool.setJdbcUrl(SERVER.jdbcUrl(database));
        pool.setUsername(SERVER.username());
        pool.setPassword(SERVER.password());
        pool.addDataSourceProperty("ApplicationName", name);
        pool.setConnectionInitSql("set application.started = 'yes'");
        pool.setConnectionTimeout(500);
        pool.setMaximumPoolSize(1);
    }

    @AfterEach
    void close() throws Exception {
        if (connections != null) {
            connections.destroy();
        }
        pool.close();
    }

    @Test
    void thereAreFiveAtMostAndEachPurposeHasItsOwn() throws SQLException {
        connections = of(pool);
        List<Connection> taken = new ArrayList<>();
        try (Connection hosts = pool.getConnection()) {
            for (DataSource each : List.of(
                    connections.longLived(), connections.longLived(), connections.work(), connections.questions())) {
                taken.add(each.getConnection());
            }
            assertThatThrownBy(() -> {
                        taken.add(connections.longLived().getConnection()); // the fifth, before the lease has its own
                        connections.longLived().getConnection();
                    })
                    .isInstanceOf(SQLTransientConnectionException.class);
            taken.remove(taken.size() - 1).close();
            assertThat(ask(connections.lease(), "select 1")).isEqualTo("1");
            assertThat(hosts.isValid(5)).isTrue();
            assertThat(sessions()).as("five, and the host's").isEqualTo(6);
        }
        for (Connection each : taken) {
            each.close();
        }
    }

    @Test
    void theyAreMadeAsThoseOfThePool() {
        connections = of(pool);
        for (DataSource each : List.of(connections.longLived(), connections.lease(), connections.work())) {
            assertThat(ask(each, "select current_setting('application_name')")).isEqualTo(name);
            assertThat(ask(each, "select current_setting('application.started')"))
                    .isEqualTo("yes");
        }
        assertThat(pool.isRunning()).as("nobody has asked the pool").isFalse();
    }

    @Test
    void aPasswordThatIsChangedWhileItRunsIsUsedFromThenOn() {
        String role = "rotating_" + UUID.randomUUID().toString().replace("-", "");
        outside.execute("create role " + role + " login password 'old'");
        pool.setUsername(role);
        pool.setPassword("old");
        connections = of(pool);
        assertThat(ask(connections.lease(), "select current_user")).isEqualTo(role);
        outside.execute("alter role " + role + " password 'new'");
        pool.getHikariConfigMXBean().setPassword("new");
        assertThat(ask(connections.work(), "select current_user")).isEqualTo(role);
    }

    @Test
    void aConnectionThatBreaksIsMadeAnew() {
        connections = of(pool);
        String before = ask(connections.lease(), "select pg_backend_pid()");
        outside.queryForList("select pg_terminate_backend(?)", Integer.valueOf(before));
        assertThatThrownBy(() -> ask(connections.lease(), "select 1")).isInstanceOf(DataAccessException.class);
        assertThat(ask(connections.lease(), "select pg_backend_pid()")).isNotEqualTo(before);
    }

    @Test
    void whoeverComesWhileItIsUsedWaitsForItsTurn() throws SQLException {
        try (DedicatedConnections all = own()) {
            DedicatedConnection held = new DedicatedConnection(all, Duration.ofMillis(200));
            try (Connection first = held.getConnection()) {
                assertThatThrownBy(held::getConnection)
                        .isInstanceOf(SQLTransientConnectionException.class)
                        .hasMessageContaining("another statement of the relay");
                assertThat(first.isValid(5)).isTrue();
            }
            assertThat(ask(held, "select 1")).isEqualTo("1");
        }
    }

    /** A firewall has forgotten it, say: nobody was told. */
    @Test
    void aConnectionThatHasRestedIsAskedWhetherItWorks() {
        try (DedicatedConnections all = own()) {
            DedicatedConnection held = new DedicatedConnection(all, Duration.ofSeconds(30), Duration.ZERO);
            String before = ask(held, "select pg_backend_pid()");
            outside.queryForList("select pg_terminate_backend(?, 10000)", Integer.valueOf(before));
            assertThat(ask(held, "select pg_backend_pid()")).isNotEqualTo(before);
        }
    }

    private DedicatedConnections own() {
        return DedicatedConnections.open(Objects.requireNonNull(HostConnections.settingsOf(pool)), 1);
    }

    @Test
    void whatIsKeptIsGivenBackWhenTheApplicationEnds() throws Exception {
        connections = of(pool);
        assertThat(ask(connections.lease(), "select 1")).isEqualTo("1");
        connections.destroy();
        await().until(() -> sessions() == 0);
        assertThatThrownBy(() -> connections.longLived().getConnection()).hasMessageContaining("being stopped");
    }

    @Test
    void dataSourcesThatCanBeReadAndOthers() {
        PGSimpleDataSource plain = new PGSimpleDataSource();
        plain.setUrl(SERVER.jdbcUrl(database));
        HikariDataSource around = new HikariDataSource();
        around.setDataSource(plain);
        for (DataSource readable : List.of(
                plain,
                driver(),
                around,
                new DelegatingDataSource(pool),
                new LazyConnectionDataSourceProxy(new DelegatingDataSource(pool)))) {
            assertThat(HostConnections.settingsOf(readable)).as("%s", readable).isNotNull();
        }
        AbstractRoutingDataSource routing = new AbstractRoutingDataSource() {
            @Override
            protected Object determineCurrentLookupKey() {
                return "one";
            }
        };
        routing.setTargetDataSources(Map.of("one", pool));
        for (DataSource hidden : List.of(
                routing,
                new HikariDataSource() {
                    @Override
                    public String getPassword() {
                        return "a token";
                    }
                },
                new DelegatingDataSource(pool) {
                    @Override
                    public Connection getConnection() {
                        throw new UnsupportedOperationException();
                    }
                })) {
            assertThat(HostConnections.settingsOf(hidden)).as("%s", hidden).isNull();
            assertThat(of(hidden).useHostPool()).isTrue();
            assertThat(of(hidden).lines()).singleElement().asString().contains("of the application's pool");
        }
        assertThat(HostConnections.settingsOf(new DelegatingDataSource())).isNull();
    }

    private static OutboxConnections of(DataSource host) {
        return OutboxConnections.of(host, new MockEnvironment());
    }

    private static String ask(DataSource dataSource, String question) {
        return new JdbcTemplate(dataSource).queryForObject(question, String.class);
    }

    private int sessions() {
        Integer count = outside.queryForObject(
                "select count(*) from pg_stat_activity where application_name = ?", Integer.class, name);
        return count == null ? 0 : count;
    }

    private DriverManagerDataSource driver() {
        return new DriverManagerDataSource(SERVER.jdbcUrl(database), SERVER.username(), SERVER.password());
    }
}
