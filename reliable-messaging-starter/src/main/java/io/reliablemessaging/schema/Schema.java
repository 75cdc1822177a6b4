package io.reliablemessaging.schema;

/**
 * The schema that holds our tables. SQL is written for the default one, so that it can be read and pasted into psql as it
 * stands, and moved to the configured one here. (A search path would do it too, but not behind PgBouncer.)
 *
 * @param name name of the schema
 */
public record Schema(String name) {

    private static final String WRITTEN = "reliable_messaging.";

    /** The statement, for the configured schema. */
    public String in(String sql) {
        return sql.replace(WRITTEN, name + ".");
    }
}
