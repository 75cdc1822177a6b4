package io.reliablemessaging.schema;

import io.reliablemessaging.settings.StartupRefusal;

/** Refuses a schema name that is a reserved word in SQL. */
final class ReservedNameException extends StartupRefusal {

    ReservedNameException(String name) {
        super(
                "reliable-messaging.schema=%s: '%s' is a reserved word of this PostgreSQL, so statements could not name the schema"
                        .formatted(name, name),
                "Set 'reliable-messaging.schema' to another name, for instance '%s_messaging'".formatted(name));
    }
}
