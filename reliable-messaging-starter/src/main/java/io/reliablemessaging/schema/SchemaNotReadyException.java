package io.reliablemessaging.schema;

import io.reliablemessaging.settings.StartupRefusal;

/** Refuses the start because the tables are missing or old, and the application is not allowed to create them. */
final class SchemaNotReadyException extends StartupRefusal {

    SchemaNotReadyException(String schema, Throwable cause) {
        super(
                "The tables in schema '%s' are missing or of another version: %s".formatted(schema, cause.getMessage()),
                "Apply the migrations in 'classpath:db/reliable-messaging' with a role that may create tables (history table"
                        + " 'schema_history'), or set 'reliable-messaging.migrate=true'",
                cause);
    }
}
