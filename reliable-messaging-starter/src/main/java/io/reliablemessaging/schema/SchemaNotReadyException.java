package io.reliablemessaging.schema;

/** The tables are missing or old, and the application may not create them. */
final class SchemaNotReadyException extends RuntimeException {

    SchemaNotReadyException(String schema, Throwable cause) {
        super("The tables in schema '%s' are missing or of another version".formatted(schema), cause);
    }
}
