package io.reliablemessaging.schema;

import java.util.Objects;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.exception.FlywayValidateException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Creates or verifies our tables, then claims them for this application. Our Flyway is no bean: Boot's own would back off.
 * Concurrent starts are safe: Flyway takes a lock, and whoever gets it next sees what the one before him did.
 */
final class SchemaMigration implements InitializingBean {

    private static final Logger log = LoggerFactory.getLogger(SchemaMigration.class);

    // the first application to arrive keeps the schema; "on conflict" makes two that arrive together agree on one
    private static final String CLAIM =
            "insert into reliable_messaging.application (name) values (:name) on conflict (only_row) do nothing";
    private static final String OWNER = "select name from reliable_messaging.application";

    private final DataSource dataSource;
    private final Schema schema;
    private final boolean migrate;
    private final String application;
    private DatabaseAddress address = new DatabaseAddress(null);

    SchemaMigration(DataSource dataSource, Schema schema, boolean migrate, String application) {
        this.dataSource = dataSource;
        this.schema = schema;
        this.migrate = migrate;
        this.application = application;
    }

    @Override
    public void afterPropertiesSet() {
        Flyway flyway = flyway();
        if (migrate) {
            flyway.migrate();
        } else {
            verify(flyway);
        }
        claim();
        address = Objects.requireNonNull(new JdbcTemplate(new AutoCommitDataSource(dataSource))
                .execute((ConnectionCallback<DatabaseAddress>) DatabaseAddress::of));
    }

    /** Where the tables are, once they are there. */
    DatabaseAddress address() {
        return address;
    }

    private Flyway flyway() {
        return Flyway.configure(getClass().getClassLoader())
                .dataSource(new ReadCommittedDataSource(dataSource))
                .locations("classpath:db/reliable-messaging")
                .schemas(schema.name())
                .defaultSchema(schema.name())
                .createSchemas(true)
                .table("schema_history")
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
        JdbcClient jdbc = JdbcClient.create(new AutoCommitDataSource(dataSource));
        jdbc.sql(schema.in(CLAIM)).param("name", application).update();
        String owner = jdbc.sql(schema.in(OWNER)).query(String.class).single();
        if (!owner.equals(application)) {
            throw new SchemaClaimedException(schema.name(), owner, application);
        }
        log.debug("Schema {} belongs to application {}", schema.name(), application);
    }
}
