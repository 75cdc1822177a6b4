package io.reliablemessaging.schema;

import io.reliablemessaging.settings.IllegalSettingException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the schema with our tables.
 *
 * @param schema PostgreSQL schema that holds the tables of reliable messaging; each application needs its own
 * @param migrate Whether to create and upgrade the tables of reliable messaging at start-up; if not, they are verified
 * @param application Name by which the schema belongs to this application; by default spring.application.name, or the base package of the application
 * @param dataSource Bean name of the data source that holds the tables of reliable messaging, where there are several and none is primary
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
            throw new IllegalSettingException(
                    "reliable-messaging.schema",
                    schema,
                    "is not the name of a schema that needs no quotes",
                    "Use lower-case letters, digits and '_', at most 63, no digit first");
        }
        if (schema.startsWith("pg_") || schema.equals("information_schema")) {
            throw new IllegalSettingException(
                    "reliable-messaging.schema",
                    schema,
                    "is a name that PostgreSQL reserves for itself",
                    "Choose another name");
        }
    }
}
