package io.reliablemessaging.deadletter;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.jspecify.annotations.Nullable;

/** What a handler threw, as text that PostgreSQL can hold. */
final class Failure {

    private final Throwable cause;

    Failure(Throwable cause) {
        this.cause = cause;
    }

    String type() {
        return cause.getClass().getName();
    }

    @Nullable
    String message() {
        return cause.getMessage() == null ? null : storable(cause.getMessage());
    }

    String stackTrace() {
        StringWriter text = new StringWriter();
        cause.printStackTrace(new PrintWriter(text, true));
        return storable(text.toString());
    }

    // PostgreSQL's text holds any character but this one
    private static String storable(String text) {
        return text.replace("\0", "\\0");
    }
}
