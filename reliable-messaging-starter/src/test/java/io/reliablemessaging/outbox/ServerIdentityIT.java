package io.reliablemessaging.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.PgBouncer;
import io.reliablemessaging.test.PostgresServer;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** Real servers tell themselves apart, also those that were one. */
class ServerIdentityIT {

    private static final Schema SCHEMA = new Schema("reliable_messaging");
    private static final String DATABASE = "identity";

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    private static PostgresServer primary;

    @BeforeAll
    static void start() {
        primary = PostgresServer.start();
        primary.createDatabase(DATABASE);
        HostApplication.onSharedServers(Host.class)
                .on(primary, DATABASE)
                .with("reliable-messaging.relay.enabled=false")
                .run()
                .close();
    }

    @AfterAll
    static void stop() {
        primary.close();
    }

    @Test
    void aStandbyHasNoneUntilItIsPromotedAndThenAnother() {
        ServerIdentity before = asked(primary);
        try (PostgresServer standby = primary.startStandby()) {
            assertThatThrownBy(() -> asked(standby))
                    .isInstanceOf(DataAccessException.class)
                    .hasStackTraceContaining("a standby, which takes no writes");
            standby.promote();
            assertThat(asked(standby).history()).isNotNull().isNotEqualTo(before.history());
            assertThat(asked(standby).isSameAs(before)).isFalse();
            assertThat(asked(standby).isSameAs(asked(standby))).isTrue();
        }
    }

    @Test
    void aServerThatIsRestartedIsStillTheSame() {
        ServerIdentity before = asked(primary);
        primary.kill();
        primary.restart();
        assertThat(asked(primary).startedAt()).isNotEqualTo(before.startedAt());
        assertThat(asked(primary).isSameAs(before)).isTrue();
    }

    @Test
    void aRoleThatMayNotAskIsToldByTheTimeOfTheStart() {
        JdbcTemplate superuser = new JdbcTemplate(dataSource(primary, primary.username(), primary.password()));
        superuser.execute("create role relay login password 'secret'");
        superuser.execute("grant usage on schema reliable_messaging to relay");
        superuser.execute("grant select on all tables in schema reliable_messaging to relay");
        superuser.execute("revoke execute on function pg_control_system() from public");
        try {
            ServerIdentity hidden = asked(primary, "relay", "secret");
            assertThat(hidden.history()).isNull();
            assertThat(hidden.isSameAs(asked(primary, "relay", "secret"))).isTrue();
            primary.restart();
            assertThat(hidden.isSameAs(asked(primary, "relay", "secret"))).isFalse();
        } finally {
            superuser.execute("grant execute on function pg_control_system() to public");
        }
    }

    /** The connection of the reader stays, and another server answers on it. */
    @Test
    @EnabledIf(
            value = "io.reliablemessaging.support.PgBouncer#isInstalled",
            disabledReason = "pgbouncer is not installed")
    void aReaderDoesNotReadFromAnotherServerBehindAPooler() {
        try (PostgresServer standby = primary.startStandby();
                PgBouncer bouncer = PgBouncer.start(primary, 4);
                OutboxReader reader = OutboxReader.open(
                        new DriverManagerDataSource(bouncer.jdbcUrl(DATABASE), primary.username(), primary.password()),
                        SCHEMA)) {
            assertThat(read(reader)).isEmpty();
            standby.promote();
            bouncer.leadTo(standby);
            await().untilAsserted(() -> assertThatThrownBy(() -> read(reader))
                    .isInstanceOf(DataAccessException.class)
                    .hasStackTraceContaining("the connection reaches another server now"));
        }
    }

    private static List<OutboxRecord> read(OutboxReader reader) {
        return reader.heads(List.of(new OutboxReader.Head(0, 10, 0)), new Long[0], Set.of(), 1 << 20)
                .rows();
    }

    private static ServerIdentity asked(PostgresServer server) {
        return asked(server, server.username(), server.password());
    }

    private static ServerIdentity asked(PostgresServer server, String role, String password) {
        try (OutboxReader reader = OutboxReader.open(dataSource(server, role, password), SCHEMA)) {
            return reader.server();
        }
    }

    private static DriverManagerDataSource dataSource(PostgresServer server, String role, String password) {
        return new DriverManagerDataSource(server.jdbcUrl(DATABASE), role, password);
    }
}
