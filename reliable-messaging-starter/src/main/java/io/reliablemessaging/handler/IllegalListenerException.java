package io.reliablemessaging.handler;

import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;

/** A {@code @ReliableListener} that could not keep its promise; the application does not start with it. */
public final class IllegalListenerException extends IllegalStateException {

    private final String problem;
    private final String wayOut;

    /**
     * Says why and what to do.
     *
     * @param problem which method, and what would go wrong
     * @param wayOut what to write instead
     */
    IllegalListenerException(String problem, String wayOut) {
        this(problem, wayOut, null);
    }

    IllegalListenerException(String problem, String wayOut, @Nullable Throwable cause) {
        super("%s. %s".formatted(problem, wayOut), cause);
        this.problem = problem;
        this.wayOut = wayOut;
    }

    /** One about a method. */
    public static IllegalListenerException of(Method method, String what, String wayOut) {
        return HandlerRules.illegal(method, what, wayOut);
    }

    public String problem() {
        return problem;
    }

    public String wayOut() {
        return wayOut;
    }
}
