package io.reliablemessaging.schema;

/** The schema belongs to another application. */
final class SchemaClaimedException extends RuntimeException {

    SchemaClaimedException(String schema, String owner, String application) {
        super("Schema '%s' belongs to application '%s'; this is '%s'".formatted(schema, owner, application));
    }
}
