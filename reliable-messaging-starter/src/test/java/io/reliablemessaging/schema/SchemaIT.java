package io.reliablemessaging.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.test.SharedServers;
import java.util.List;
import java.util.Map;
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
import org.springframework.boot.autoconfigure.AutoConfigurationImportSelector;
import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.annotation.AnnotationAttributes;
import org.springframework.core.type.AnnotationMetadata;
import org.springframework.jdbc.core.JdbcTemplate;

/** Our tables come into being beside the host's, whatever the host does, and belong to one application. */
@ExtendWith(OutputCaptureExtension.class)
class SchemaIT {

    private static final String NO_HOST_FLYWAY = "spring.flyway.enabled=false";
    private static final String HOST_MIGRATIONS = "spring.flyway.locations=classpath:host/migration";

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    /** Has another base package, as an application of somebody else has. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @AutoConfigurationPackage(basePackages = "com.example.other")
    static class OtherHost {}

    /** Has none, as an application that chooses its auto-configurations by itself. */
    @Configuration(proxyBeanMethods = false)
    @Import(AllAutoConfigurations.class)
    static class Packageless {}

    static final class AllAutoConfigurations extends AutoConfigurationImportSelector {
        @Override
        protected AnnotationAttributes getAttributes(AnnotationMetadata metadata) {
            return new AnnotationAttributes(Map.of("exclude", new String[0], "excludeName", new String[0]));
        }
    }

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

    /** How the outbox grows for no rows depends on these; nothing else shows that one of them is lost. */
    @Test
    void hasTheOutboxVacuumedByTheNumberOfDeadRowsAndFast() {
        start(NO_HOST_FLYWAY);
        assertThat(sql.queryForList(
                        "select unnest(reloptions) from pg_class where oid = 'reliable_messaging.outbox_message'::regclass",
                        String.class))
                .containsExactlyInAnyOrder(
                        "autovacuum_vacuum_scale_factor=0",
                        "autovacuum_vacuum_threshold=10000",
                        "autovacuum_vacuum_insert_scale_factor=0",
                        "autovacuum_vacuum_insert_threshold=1000000",
                        "autovacuum_analyze_threshold=2147483647",
                        "autovacuum_vacuum_cost_limit=2000");
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
                .contains("Use lower-case letters, digits and '_'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"user", "order", "table", "left", "analyse"})
    void aReservedWordIsRefusedBeforeAnythingIsMade(String name, CapturedOutput output) {
        for (boolean migrate : new boolean[] {true, false}) {
            assertThat(host(
                                    NO_HOST_FLYWAY,
                                    "reliable-messaging.schema=" + name,
                                    "reliable-messaging.migrate=" + migrate)
                            .refusal(output))
                    .contains("reliable-messaging.schema=%s: '%s' is a reserved word".formatted(name, name))
                    .contains("Set 'reliable-messaging.schema' to another name, for instance '%s_messaging'"
                            .formatted(name));
        }
        assertThat(sql.queryForList("select nspname from pg_namespace where nspname = ?", String.class, name))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"pg_messages", "information_schema"})
    void aNameThatPostgresKeepsForItselfIsRefused(String name, CapturedOutput output) {
        assertThat(host(NO_HOST_FLYWAY, "reliable-messaging.schema=" + name).refusal(output))
                .contains("reliable-messaging.schema=" + name)
                .contains("is a name that PostgreSQL reserves for itself");
    }

    /** PostgreSQL has many words that it reads as names where a name is due. */
    @Test
    void aWordThatIsNotReservedIsFine() {
        for (String name : List.of("values", "lock", "row")) {
            start(NO_HOST_FLYWAY, "reliable-messaging.schema=" + name);
            assertThat(tables(name)).contains("outbox_message");
        }
    }

    @Test
    void aRoleThatMayNotMakeTablesIsToldTheGrantsAndStartsWithThem(CapturedOutput output) {
        String role = "least_" + database;
        sql.execute("create role %s login password '%s'"
                .formatted(role, SharedServers.postgres().password()));
        String[] asRole = {NO_HOST_FLYWAY, "spring.datasource.username=" + role};
        assertThat(host(asRole).refusal(output))
                .contains("Role " + role + " lacks a right")
                .contains("in schema reliable_messaging")
                .contains("permission denied")
                .contains("grant create on database " + database + " to " + role)
                .contains("set 'reliable-messaging.migrate=false'");
        start(NO_HOST_FLYWAY); // by the owner
        String refused = host(asRole).with("reliable-messaging.migrate=false").refusal(output);
        assertThat(refused).contains("Role " + role + " lacks a right").contains("Grant the role: '");
        int begin = refused.indexOf("Grant the role: '") + "Grant the role: '".length();
        sql.execute(refused.substring(begin, refused.indexOf("'.", begin)));
        use(
                host(asRole).with("reliable-messaging.migrate=false"),
                context -> assertThat(context.isActive()).isTrue());
        start(asRole); // nothing is left to be made
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
    void anApplicationWithoutNameIsKnownByItsBasePackage(CapturedOutput output) {
        start(NO_HOST_FLYWAY, "spring.application.name=");
        assertThat(output)
                .containsOnlyOnce("Set spring.application.name")
                .contains("uses its base package 'io.reliablemessaging.schema'");
        assertThat(owner()).isEqualTo("io.reliablemessaging.schema");
        start(NO_HOST_FLYWAY, "spring.application.name=");
    }

    @Test
    void anotherApplicationWithoutNameIsRefused(CapturedOutput output) {
        start(NO_HOST_FLYWAY, "spring.application.name=");
        assertThat(HostApplication.of(OtherHost.class)
                        .on(SharedServers.postgres(), database)
                        .on(SharedServers.kafka())
                        .with(NO_HOST_FLYWAY)
                        .refusal(output))
                .contains("belongs to application 'io.reliablemessaging.schema'; this is 'com.example.other'")
                .contains("'reliable-messaging.application'");
    }

    /** Earlier releases knew all applications without a name by this one. */
    @Test
    void aSchemaOfAnUnnamedApplicationGoesToTheFirstThatComes(CapturedOutput output) {
        start(NO_HOST_FLYWAY);
        sql.update("update reliable_messaging.application set name = 'application'");
        assertThat(host(NO_HOST_FLYWAY).refusal(output))
                .contains("belongs to application 'application'; this is 'host'");
        start(NO_HOST_FLYWAY, "spring.application.name=");
        assertThat(owner()).isEqualTo("io.reliablemessaging.schema");
        assertThat(output).contains("from now on it belongs to 'io.reliablemessaging.schema'");
    }

    @Test
    void anApplicationWithNeitherNameNorBasePackageIsRefused(CapturedOutput output) {
        assertThat(HostApplication.of(Packageless.class)
                        .with("spring.data.jpa.repositories.enabled=false")
                        .on(SharedServers.postgres(), database)
                        .on(SharedServers.kafka())
                        .with(NO_HOST_FLYWAY)
                        .refusal(output))
                .contains("has neither a name nor a base package")
                .contains("Set 'spring.application.name', or 'reliable-messaging.application'");
        assertThat(tables("reliable_messaging")).isEmpty();
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
