package io.reliablemessaging.schema;

import io.reliablemessaging.settings.StartupRefusal;

/** Refuses a schema that belongs to another application. */
final class SchemaClaimedException extends StartupRefusal {

    SchemaClaimedException(String schema, String owner, String application) {
        super(
                "Schema '%s' belongs to application '%s'; this is '%s'. Two applications in one schema would steal each other's messages"
                        .formatted(schema, owner, application),
                "Give this application a schema of its own with 'reliable-messaging.schema'. If it is the same application under"
                        + " a new name, set 'reliable-messaging.application' to the old name, or, with all instances stopped,"
                        + " update the row in table 'application'");
    }
}
