package io.reliablemessaging.schema;

import java.util.Set;
import org.springframework.boot.sql.init.dependency.AbstractBeansOfTypeDatabaseInitializerDetector;

/** Tells Boot that {@link SchemaMigration} creates our tables, after the host's own were created. */
final class SchemaMigrationDetector extends AbstractBeansOfTypeDatabaseInitializerDetector {

    @Override
    protected Set<Class<?>> getDatabaseInitializerBeanTypes() {
        return Set.of(SchemaMigration.class);
    }

    @Override
    public int getOrder() {
        // after the host's Flyway, Liquibase and deferred JPA: before them,
        // their "schema is not empty" checks would find our tables
        return 100;
    }
}
