package io.reliablemessaging.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.test.SharedServers;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

/** Our tables come into being beside the host's, whatever the host does, and belong to one application. */
@ExtendWith(OutputCaptureExtension.class)
class SchemaIT {

    private static final String NO_HOST_FLYWAY = "spring.flyway.enabled=false";
    private static final String HOST_MIGRATIONS = "spring.flyway.locations=classpath:host/migration";

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    private String database;
    private JdbcTemplate sql;

    @BeforeEach
    void newDatabase() {
        database = HostApplication.newDatabase();
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(SharedServers.postgres().jdbcUrl(database));
        source.setUser(SharedServers.postgres().username());
        source.setPassword(SharedServers.postgres().password());
        sql = new JdbcTemplate(source);
    }

    @Test
    void makesItsTablesInItsOwnSchemaWithItsOwnHistory() {
        start(NO_HOST_FLYWAY);
        assertThat(tables("reliable_messaging"))
                .contains("schema_history", "application", "outbox_message", "inbox_message", "parked_message");
        assertThat(tables("public")).isEmpty();
    }

    @Test
    void leavesTheHostsFlywayAloneBeforeAndAfter() {
        start(HOST_MIGRATIONS);
        start(HOST_MIGRATIONS);
        assertThat(tables("public")).containsExactly("flyway_schema_history", "host_table");
        assertThat(sql.queryForList("select version from flyway_schema_history", String.class))
                .containsExactly("1");
        assertThat(tables("reliable_messaging")).contains("outbox_message").doesNotContain("flyway_schema_history");
    }

    @Test
    void theHostsFlywayCanComeLater() {
        start(NO_HOST_FLYWAY);
        start(HOST_MIGRATIONS);
        assertThat(tables("public")).containsExactly("flyway_schema_history", "host_table");
    }

    @Test
    void theHostsFlywayStaysTheOnlyOneToBeInjected() {
        use(host(HOST_MIGRATIONS), context -> {
            Flyway flyway = context.getBean(Flyway.class);
            assertThat(flyway.getConfiguration().getTable()).isEqualTo("flyway_schema_history");
            assertThat(flyway.info().applied()).hasSize(1);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"reliable_messaging", "public"})
    void legacyTablesWithoutHistoryDoNotDisturb(String schema) {
        sql.execute("create table legacy (id int)");
        start(NO_HOST_FLYWAY, "reliable-messaging.schema=" + schema);
        start(NO_HOST_FLYWAY, "reliable-messaging.schema=" + schema);
        assertThat(tables("public")).contains("legacy");
        assertThat(tables(schema)).contains("outbox_message", "schema_history");
    }

    @ParameterizedTest
    @ValueSource(strings = {"other", "public"})
    void anotherSchemaMayBeChosen(String schema) {
        String[] properties = {HOST_MIGRATIONS, "reliable-messaging.schema=" + schema};
        start(properties);
        start(properties);
        assertThat(tables(schema)).contains("outbox_message", "schema_history", "application");
        assertThat(tables("public")).contains("flyway_schema_history", "host_table");
        assertThat(tables("reliable_messaging")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Reliable", "with-dash", "1st", "a.b", "\"; drop schema public"})
    void aNameThatIsNoPlainIdentifierIsRefused(String name, CapturedOutput output) {
        assertThat(host(NO_HOST_FLYWAY, "reliable-messaging.schema=" + name).refusal(output))
                .contains("reliable-messaging.schema=" + name)
                .contains("use lower-case letters, digits and '_'");
    }

    @Test
    void withoutMigratingAnEmptyDatabaseIsRefusedWithTheWayOut(CapturedOutput output) {
        assertThat(host(NO_HOST_FLYWAY, "reliable-messaging.migrate=false").refusal(output))
                .contains("The tables in schema 'reliable_messaging' are missing or of another version")
                .contains("classpath:db/reliable-messaging")
                .contains("'schema_history'")
                .contains("'reliable-messaging.migrate=true'");
        assertThat(tables("reliable_messaging")).isEmpty();
    }

    @Test
    void withoutMigratingAMigratedDatabaseIsFine() {
        start(NO_HOST_FLYWAY);
        start(NO_HOST_FLYWAY, "reliable-messaging.migrate=false");
    }

    @Test
    void aSecondApplicationIsRefusedWithTheWayOut(CapturedOutput output) {
        start(NO_HOST_FLYWAY, "spring.application.name=first");
        assertThat(host(NO_HOST_FLYWAY, "spring.application.name=second").refusal(output))
                .contains("Schema 'reliable_messaging' belongs to application 'first'; this is 'second'")
                .contains("'reliable-messaging.schema'")
                .contains("'reliable-messaging.application'");
    }

    @Test
    void aRenamedApplicationKeepsItsSchemaByItsOldName() {
        start(NO_HOST_FLYWAY, "spring.application.name=first");
        start(NO_HOST_FLYWAY, "spring.application.name=second", "reliable-messaging.application=first");
        assertThat(owner()).isEqualTo("first");
    }

    @Test
    void anApplicationWithoutNameIsWarned(CapturedOutput output) {
        start(NO_HOST_FLYWAY, "spring.application.name=");
        assertThat(output).containsOnlyOnce("Set spring.application.name");
    }

    @Test
    void anApplicationWithNameIsNotWarned(CapturedOutput output) {
        start(NO_HOST_FLYWAY);
        assertThat(output).doesNotContain("Set spring.application.name");
        assertThat(owner()).isEqualTo("host");
    }

    @Test
    void twoInstancesMayStartAtOnceOnAnEmptyDatabase() {
        List<CompletableFuture<Void>> starts = Stream.generate(
                        () -> host(NO_HOST_FLYWAY).withoutLogging())
                .limit(3)
                .map(runner -> CompletableFuture.runAsync(
                        () -> runner.run(context -> assertThat(context).hasNotFailed())))
                .toList();
        starts.forEach(CompletableFuture::join);
        assertThat(owner()).isEqualTo("host");
    }

    @Test
    void aPoolWithoutAutoCommitIsFine() {
        start(NO_HOST_FLYWAY, "spring.datasource.hikari.auto-commit=false");
        assertThat(owner()).isEqualTo("host");
        assertThat(sql.queryForObject("select count(*) from reliable_messaging.relay_lane", Integer.class))
                .isEqualTo(32);
    }

    private HostApplication host(String... properties) {
        return HostApplication.of(Host.class)
                .with("spring.application.name=host")
                .on(SharedServers.postgres(), database)
                .on(SharedServers.kafka())
                .with(properties);
    }

    private void start(String... properties) {
        use(host(properties), context -> assertThat(context.isActive()).isTrue());
    }

    private static void use(HostApplication host, Consumer<ConfigurableApplicationContext> check) {
        try (ConfigurableApplicationContext context = host.run()) {
            check.accept(context);
        }
    }

    private List<String> tables(String schema) {
        return sql.queryForList(
                "select table_name from information_schema.tables where table_schema = ? order by 1",
                String.class,
                schema);
    }

    private String owner() {
        return sql.queryForObject("select name from reliable_messaging.application", String.class);
    }
}
