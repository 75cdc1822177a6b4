package io.reliablemessaging.schema;

import io.reliablemessaging.settings.StartupRefusal;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Refuses the start because the application's role lacks a right. */
final class SchemaRightsException extends StartupRefusal {

    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    /**
     * The role that lacks a right, and where.
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

    /** Returns PostgreSQL's message if a failure is caused by a missing right; otherwise null. */
    static @Nullable String missingRight(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && INSUFFICIENT_PRIVILEGE.equals(sql.getSQLState())) {
                return sql.getMessage();
            }
        }
        return null;
    }

    /** Creates the refusal for a role that creates the tables itself. */
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

    /** Creates the refusal for a role that uses tables which another role has created. */
    static SchemaRightsException using(Place place, String said, Throwable cause) {
        return new SchemaRightsException(place, said, "Grant the role: %s".formatted(place.grants()), cause);
    }
}
