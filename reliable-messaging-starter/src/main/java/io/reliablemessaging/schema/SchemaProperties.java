package io.reliablemessaging.schema;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where our tables live.
 *
 * @param schema PostgreSQL schema that holds the tables; one for each application
 * @param migrate Whether to create and upgrade the tables at start-up; otherwise they are only verified
 * @param application Name that claims the schema; falls back to spring.application.name, and then to the application's base package
 * @param dataSource Bean name of the data source that holds the tables, where there are several and none is primary
 */
@ConfigurationProperties("reliable-messaging")
record SchemaProperties(
        @DefaultValue("reliable_messaging") String schema,
        @DefaultValue("true") boolean migrate,
        @Nullable String application,
        @Nullable String dataSource) {

    private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]{0,62}");

    SchemaProperties {
        if (!NAME.matcher(schema).matches()) {
            throw new IllegalArgumentException(
                    "reliable-messaging.schema=%s: use lower-case letters, digits and '_', at most 63, no digit first"
                            .formatted(schema));
        }
        if (schema.startsWith("pg_") || schema.equals("information_schema")) {
            throw new IllegalArgumentException(
                    "reliable-messaging.schema=%s: PostgreSQL keeps this name for itself; choose another"
                            .formatted(schema));
        }
    }
}
