package io.reliablemessaging.schema;

import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.text.StartupNote;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.exception.FlywayValidateException;
import org.slf4j.Logger;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Creates or verifies our tables, then claims them for this application. Our Flyway is no bean, or Boot's own would back off.
 * Concurrent starts are safe: Flyway takes a lock, and the next holder sees what the previous one did.
 */
final class SchemaMigration implements InitializingBean, StartupNote {

    private static final Logger log = ReadableLogger.of(SchemaMigration.class);

    // the first application that starts gets the schema; "on conflict" makes two that start together agree on one
    private static final String CLAIM =
            "insert into reliable_messaging.application (name) values (:name::text) on conflict (only_row) do nothing";
    private static final String TAKE_OVER =
            "update reliable_messaging.application set name = :name::text where name = :unnamed::text";
    private static final String OWNER = "select name from reliable_messaging.application";

    // the words that cannot be a schema's name without quotes, which our statements do not use
    private static final String RESERVED =
            "select pg_catalog.count(*) from pg_catalog.pg_get_keywords() where word = :name::text and catcode in ('R', 'T')";

    private static final String PLACE =
            "select pg_catalog.quote_ident(current_user) as role, pg_catalog.quote_ident(pg_catalog.current_database()) as database, :schema::text as schema";

    private final DataSource dataSource;
    private final Schema schema;
    private final boolean migrate;
    private final ApplicationName application;
    private int applied;

    SchemaMigration(DataSource dataSource, Schema schema, boolean migrate, ApplicationName application) {
        this.dataSource = dataSource;
        this.schema = schema;
        this.migrate = migrate;
        this.application = application;
    }

    @Override
    public void afterPropertiesSet() {
        requireUsableName();
        try {
            if (!isComplete()) {
                migrateOrVerify(flyway());
            }
            claim();
        } catch (RuntimeException e) {
            throw explain(e);
        }
    }

    private boolean isComplete() {
        try {
            return new SchemaHistory(jdbc(), schema).isComplete();
        } catch (DataAccessException e) {
            return false; // Flyway reports the reason, in its well-known words
        }
    }

    private void migrateOrVerify(Flyway flyway) {
        if (migrate) {
            applied = flyway.migrate().migrationsExecuted;
        } else {
            verify(flyway);
        }
    }

    @Override
    public Subject subject() {
        return Subject.SCHEMA;
    }

    @Override
    public List<String> lines() {
        return List.of("schema: %s of application '%s', version %d%s"
                .formatted(
                        schema.name(),
                        application.name(),
                        SchemaHistory.newest(),
                        applied == 0 ? "" : ", %d migrations applied now".formatted(applied)));
    }

    private void requireUsableName() {
        int reserved = jdbc().sql(RESERVED)
                .param("name", schema.name())
                .query(Integer.class)
                .single();
        if (reserved > 0) {
            throw new ReservedNameException(schema.name());
        }
    }

    private RuntimeException explain(RuntimeException failure) {
        String missing = SchemaRightsException.missingRight(failure);
        if (missing == null) {
            return failure;
        }
        SchemaRightsException.Place place = jdbc().sql(PLACE)
                .param("schema", schema.name())
                .query(SchemaRightsException.Place.class)
                .single();
        return migrate
                ? SchemaRightsException.making(place, missing, failure)
                : SchemaRightsException.using(place, missing, failure);
    }

    private Flyway flyway() {
        return Flyway.configure(getClass().getClassLoader())
                .dataSource(new ReadCommittedDataSource(dataSource))
                .locations("classpath:" + SchemaHistory.LOCATION)
                .schemas(schema.name())
                .defaultSchema(schema.name())
                .createSchemas(true)
                .table(SchemaHistory.TABLE)
                .baselineOnMigrate(true)
                .baselineVersion("0")
                .cleanDisabled(true)
                .failOnMissingLocations(true)
                .load();
    }

    private void verify(Flyway flyway) {
        try {
            flyway.validate();
        } catch (FlywayValidateException e) {
            throw new SchemaNotReadyException(schema.name(), e);
        }
    }

    private void claim() {
        if (!application.given()
                && owner().filter(ApplicationName.UNNAMED::equals).isPresent()) {
            takeOver();
        }
        jdbc().sql(schema.in(CLAIM)).param("name", application.name()).update();
        String owner = owner().orElseThrow();
        if (!owner.equals(application.name())) {
            throw new SchemaClaimedException(schema.name(), owner, application.name());
        }
        log.debug("Schema {} belongs to application {}", schema.name(), application.name());
    }

    // earlier releases gave all applications without a name the same one:
    // the first that starts now gets the schema under its own name
    private void takeOver() {
        int taken = jdbc().sql(schema.in(TAKE_OVER))
                .param("name", application.name())
                .param("unnamed", ApplicationName.UNNAMED)
                .update();
        if (taken > 0) {
            log.info(
                    "Schema {} belonged to '{}', which stood for all applications without a name; from now on it belongs to '{}'",
                    schema.name(),
                    ApplicationName.UNNAMED,
                    application.name());
        }
    }

    private Optional<String> owner() {
        return jdbc().sql(schema.in(OWNER)).query(String.class).optional();
    }

    private JdbcClient jdbc() {
        return JdbcClient.create(new AutoCommitDataSource(dataSource));
    }
}
