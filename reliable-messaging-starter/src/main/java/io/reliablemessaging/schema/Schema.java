package io.reliablemessaging.schema;

/**
 * The schema that holds our tables. Statements are written for the default schema, so that they can be read and pasted into psql
 * unchanged, and are adapted to the configured one here. (A search path would do it too, but not behind PgBouncer.)
 *
 * @param name name of the schema
 */
public record Schema(String name) {

    private static final String WRITTEN = "reliable_messaging.";

    /** Adapts a statement to the configured schema. */
    public String in(String sql) {
        return sql.replace(WRITTEN, name + ".");
    }
}
