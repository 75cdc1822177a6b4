package io.reliablemessaging.payload;

import org.jspecify.annotations.Nullable;

/** Thrown if a payload is a tree of Jackson 2, or contains one. */
final class Jackson2TreeException extends RuntimeException {

    Jackson2TreeException(Class<?> tree) {
        super(
                ("%s belongs to Jackson 2, and payloads are written by Jackson 3, which would write its getters instead of its"
                                + " JSON; use tools.jackson.databind.JsonNode, or send the JSON text as a String")
                        .formatted(tree.getName()));
    }

    /** Finds such an exception among the causes of a failure; null if there is none. */
    static @Nullable Jackson2TreeException in(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof Jackson2TreeException tree) {
                return tree;
            }
        }
        return null;
    }
}
