package io.reliablemessaging.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.schema.TableRights.Missing;
import io.reliablemessaging.schema.TableRights.Use;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.OurSql;
import io.reliablemessaging.support.OurSql.Statement;
import io.reliablemessaging.test.SharedServers;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** Each right that one of our statements needs is missed, and no other: PostgreSQL says which a statement needs. */
class TableRightsIT {

    private static final List<String> RIGHTS = List.of("SELECT", "INSERT", "UPDATE", "DELETE");
    private static final Set<Use> ALL = EnumSet.allOf(Use.class);

    // a new one for each question would take most of the time
    private static final List<SingleConnectionDataSource> CONNECTIONS = new ArrayList<>();

    private static String role;
    private static JdbcTemplate owner;
    private static JdbcTemplate application;
    private static TableRights rights;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    @BeforeAll
    static void makeTables() {
        String database = HostApplication.newDatabase();
        HostApplication.of(Host.class)
                .with(
                        "spring.application.name=host",
                        "spring.flyway.enabled=false",
                        "reliable-messaging.relay.enabled=false")
                .on(SharedServers.postgres(), database)
                .on(SharedServers.kafka())
                .run()
                .close();
        role = "role_" + database;
        owner = sql(database, SharedServers.postgres().username());
        owner.execute("create role %s login password '%s'"
                .formatted(role, SharedServers.postgres().password()));
        application = sql(database, role);
        rights = new TableRights(application.getDataSource(), new Schema("reliable_messaging"));
    }

    @BeforeEach
    void grantAll() {
        owner.execute("grant usage on schema reliable_messaging to " + role);
        owner.execute("grant select, insert, update, delete on all tables in schema reliable_messaging to " + role);
    }

    private static JdbcTemplate sql(String database, String user) {
        SingleConnectionDataSource one = new SingleConnectionDataSource(
                SharedServers.postgres().jdbcUrl(database) + "?preferQueryMode=simple",
                user,
                SharedServers.postgres().password(),
                true);
        CONNECTIONS.add(one);
        return new JdbcTemplate(one);
    }

    @AfterAll
    static void close() {
        CONNECTIONS.forEach(SingleConnectionDataSource::destroy);
        CONNECTIONS.clear();
    }

    @Test
    void eachRightThatAStatementNeedsIsMissedAndNoOther() {
        Set<String> needed = new TreeSet<>();
        Set<String> missed = new TreeSet<>();
        List<Statement> all = OurSql.statements();
        for (String table : tables()) {
            owner.execute("revoke all on %s from %s".formatted(table, role));
            List<Statement> about = refused(
                    all.stream().filter(each -> each.sql().contains(table)).toList());
            for (String right : RIGHTS) {
                owner.execute("grant select, insert, update, delete on %s to %s".formatted(table, role));
                owner.execute("revoke %s on %s from %s".formatted(right, table, role));
                if (!refused(about).isEmpty()) {
                    needed.add(table + " " + right);
                }
                rights.missing(ALL).forEach(missing -> {
                    assertThat(missing.where()).isEqualTo("table " + table);
                    assertThat(missing.what())
                            .isEqualTo("role %s lacks the right to %s. Grant it: 'grant %s on %s to %s'"
                                    .formatted(role, right, right.toLowerCase(Locale.ROOT), table, role));
                    missed.add(table + " " + right);
                });
            }
            owner.execute("grant select, insert, update, delete on %s to %s".formatted(table, role));
        }
        assertThat(missed).isEqualTo(needed).hasSizeGreaterThan(50);
    }

    // the history is read at the start only, by a part of a statement
    private static List<String> tables() {
        return owner.queryForList(
                "select 'reliable_messaging.' || relname from pg_class where relnamespace = 'reliable_messaging'::regnamespace"
                        + " and relkind = 'r' and relname <> 'schema_history' order by 1",
                String.class);
    }

    private static List<Statement> refused(Collection<Statement> statements) {
        List<Statement> refused = new ArrayList<>();
        for (Statement statement : statements) {
            try {
                application.execute("explain (generic_plan) " + statement.sql());
            } catch (DataAccessException e) {
                if (e.getMostSpecificCause() instanceof SQLException said && "42501".equals(said.getSQLState())) {
                    refused.add(statement);
                }
            }
        }
        return refused;
    }

    @Test
    void nothingIsMissedOfWhatAnInstanceDoesNot() {
        owner.execute("revoke delete on reliable_messaging.outbox_message from " + role);
        owner.execute("revoke insert on reliable_messaging.inbox_message from " + role);
        assertThat(rights.missing(EnumSet.of(Use.PUBLISH))).isEmpty();
        assertThat(rights.missing(EnumSet.of(Use.PUBLISH, Use.SEND)))
                .extracting(Missing::where)
                .containsExactly("table reliable_messaging.outbox_message");
        assertThat(rights.missing(EnumSet.of(Use.PUBLISH, Use.HANDLE)))
                .extracting(Missing::where)
                .containsExactly("table reliable_messaging.inbox_message");
    }

    @Test
    void aSchemaThatMayNotBeUsedIsNamed() {
        owner.execute("revoke usage on schema reliable_messaging from " + role);
        assertThat(rights.missing(ALL)).singleElement().satisfies(missing -> {
            assertThat(missing.where()).isEqualTo("schema reliable_messaging");
            assertThat(missing.what())
                    .startsWith("role %s lacks USAGE. ".formatted(role))
                    .contains("'grant usage on schema reliable_messaging to %s;".formatted(role));
        });
    }

    @Test
    void aRoleThatHasLostAllIsToldOnceAndWhatToGrant() {
        owner.execute("revoke all on all tables in schema reliable_messaging from " + role);
        assertThat(rights.missing(ALL)).singleElement().satisfies(missing -> {
            assertThat(missing.where()).isEqualTo("schema reliable_messaging");
            assertThat(missing.what())
                    .startsWith("role %s lacks rights on tables application, outbox_message,".formatted(role))
                    .contains("lost the membership in a role?")
                    .endsWith("grant select, insert, update, delete on all tables in schema reliable_messaging to %s'"
                            .formatted(role));
        });
    }
}
