package io.reliablemessaging.schema;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.reliablemessaging.settings.StartupRefusal;
import org.junit.jupiter.api.Test;

/** Which databases can hold our tables. */
class DatabaseRequirementsTests {

    @Test
    void anOldPostgresIsRefused() {
        assertThatExceptionOfType(StartupRefusal.class)
                .isThrownBy(() -> DatabaseRequirements.requirePostgres("PostgreSQL", 13))
                .withMessage(
                        "The database is PostgreSQL 13, but reliable messaging needs 14 or later. Upgrade PostgreSQL");
    }

    @Test
    void theOldestThatIsTestedIsFine() {
        DatabaseRequirements.requirePostgres("PostgreSQL", 14);
        DatabaseRequirements.requirePostgres("PostgreSQL", 19);
    }

    @Test
    void anotherDatabaseIsRefused() {
        assertThatExceptionOfType(StartupRefusal.class)
                .isThrownBy(() -> DatabaseRequirements.requirePostgres("H2", 2))
                .withMessageContaining("The data source leads to H2")
                .withMessageContaining("'reliable-messaging.enabled=false'");
    }

    @Test
    void aPoolThatDoesNotTellItsSizeIsFine() {
        DatabaseRequirements.requireConnections(null);
        DatabaseRequirements.requireConnections(-1);
        DatabaseRequirements.requireConnections(2);
    }
}
