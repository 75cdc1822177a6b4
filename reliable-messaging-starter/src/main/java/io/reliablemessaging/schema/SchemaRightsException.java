package io.reliablemessaging.schema;

import io.reliablemessaging.settings.StartupRefusal;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** The application's role may not do what it has to. */
final class SchemaRightsException extends StartupRefusal {

    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    /**
     * Who lacks it, and where.
     *
     * @param role the application's role
     * @param database its database
     * @param schema the schema of our tables
     */
    record Place(String role, String database, String schema) {

        private String grants() {
            return "'grant usage on schema %s to %s; grant select, insert, update, delete on all tables in schema %s to %s'."
                    .formatted(schema, role, schema, role);
        }
    }

    private SchemaRightsException(Place place, String said, String action, Throwable cause) {
        super(
                "Role %s lacks a right that reliable messaging needs for its tables in schema %s. PostgreSQL says: %s"
                        .formatted(place.role(), place.schema(), said),
                action,
                cause);
    }

    /** What PostgreSQL says if a failure is a missing right, or null. */
    static @Nullable String missingRight(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && INSUFFICIENT_PRIVILEGE.equals(sql.getSQLState())) {
                return sql.getMessage();
            }
        }
        return null;
    }

    /** One that makes the tables itself. */
    static SchemaRightsException making(Place place, String said, Throwable cause) {
        return new SchemaRightsException(
                place,
                said,
                ("Apply the migrations in 'classpath:db/reliable-messaging' with another role (history table 'schema_history'),"
                                + " set 'reliable-messaging.migrate=false', and grant this role: %s Or let this role make the"
                                + " tables: 'grant create on database %s to %s', or, in a schema that exists, 'grant usage, create"
                                + " on schema %s to %s'.")
                        .formatted(place.grants(), place.database(), place.role(), place.schema(), place.role()),
                cause);
    }

    /** One that uses tables which somebody else has made. */
    static SchemaRightsException using(Place place, String said, Throwable cause) {
        return new SchemaRightsException(place, said, "Grant the role: %s".formatted(place.grants()), cause);
    }
}
