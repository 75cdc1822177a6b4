package io.reliablemessaging.schema;

import java.util.Set;
import org.springframework.boot.sql.init.dependency.AbstractBeansOfTypeDatabaseInitializerDetector;

/** Lets Boot know that our tables are made by {@link SchemaMigration}, after the host's own have been. */
final class SchemaMigrationDetector extends AbstractBeansOfTypeDatabaseInitializerDetector {

    @Override
    protected Set<Class<?>> getDatabaseInitializerBeanTypes() {
        return Set.of(SchemaMigration.class);
    }

    @Override
    public int getOrder() {
        // after the host's Flyway, Liquibase and deferred JPA: before them, their "schema is not empty" checks would
        // see us
        return 100;
    }
}
