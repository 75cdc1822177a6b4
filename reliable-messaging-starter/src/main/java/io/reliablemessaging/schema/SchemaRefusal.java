package io.reliablemessaging.schema;

import org.jspecify.annotations.Nullable;

/** A reason not to start with the schema as it is. */
abstract class SchemaRefusal extends RuntimeException {

    private final String action;

    SchemaRefusal(String problem, String action, @Nullable Throwable cause) {
        super(problem, cause);
        this.action = action;
    }

    /** What a person can do about it. */
    String action() {
        return action;
    }
}
