package io.reliablemessaging.schema;

import io.reliablemessaging.settings.StartupRefusal;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.CannotGetJdbcConnectionException;

/** Refuses a database that cannot hold our tables, and a pool with too few connections to create them. */
final class DatabaseRequirements {

    /** The oldest release of PostgreSQL that the tests run on. */
    static final int OLDEST_POSTGRES = 14;

    /** One connection for the lock on the history of the tables, and one for the work under it. */
    static final int LEAST_TO_MIGRATE = 2;

    private static final String POSTGRES = "PostgreSQL";

    private DatabaseRequirements() {}

    /**
     * Opens a connection and checks its database.
     *
     * @throws StartupRefusal if it is not a supported PostgreSQL
     * @throws CannotGetJdbcConnectionException if no connection can be opened
     */
    static void check(DataSource dataSource) {
        try (Connection connection = dataSource.getConnection()) {
            DatabaseMetaData server = connection.getMetaData();
            requirePostgres(server.getDatabaseProductName(), server.getDatabaseMajorVersion());
        } catch (SQLException e) {
            throw new CannotGetJdbcConnectionException("The product and version of the database could not be read", e);
        }
    }

    static void requirePostgres(String product, int version) {
        if (!product.equals(POSTGRES)) {
            throw new StartupRefusal(
                    "The data source leads to %s, but reliable messaging keeps its tables in PostgreSQL"
                            .formatted(product),
                    "Name a data source of PostgreSQL with '%s', or set 'reliable-messaging.enabled=false' where there is none, as in some tests"
                            .formatted(MessagingDataSource.PROPERTY));
        }
        if (version < OLDEST_POSTGRES) {
            throw new StartupRefusal(
                    "The database is PostgreSQL %d, but reliable messaging needs %d or later"
                            .formatted(version, OLDEST_POSTGRES),
                    "Upgrade PostgreSQL");
        }
    }

    /**
     * Refuses a pool that has too few connections to create our tables.
     *
     * @param most maximum size of the pool; null or not positive if it does not tell
     */
    static void requireConnections(@Nullable Integer most) {
        if (most != null && most > 0 && most < LEAST_TO_MIGRATE) {
            throw new StartupRefusal(
                    "The connection pool has %d connection at most, and %d are needed to create and upgrade the tables"
                            .formatted(most, LEAST_TO_MIGRATE),
                    "Set 'spring.datasource.hikari.maximum-pool-size' to 10, Hikari's default, or at least to %d and as many as the handlers that may run at once; or let others migrate the tables, and set 'reliable-messaging.migrate=false'"
                            .formatted(LEAST_TO_MIGRATE));
        }
    }
}
