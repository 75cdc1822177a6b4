package io.reliablemessaging.schema;

/** The tables are missing or old, and the application may not create them. */
final class SchemaNotReadyException extends RuntimeException {

    private final String details;

    SchemaNotReadyException(String schema, Throwable cause) {
        super("The tables in schema '%s' are missing or of another version".formatted(schema), cause);
        this.details = String.valueOf(cause.getMessage());
    }

    String details() {
        return details;
    }
}
