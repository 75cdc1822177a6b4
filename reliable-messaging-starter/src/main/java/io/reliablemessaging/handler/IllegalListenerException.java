package io.reliablemessaging.handler;

import io.reliablemessaging.settings.StartupRefusal;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;

/** Thrown for a {@code @ReliableListener} that could not keep its promise; the application does not start with it. */
public final class IllegalListenerException extends StartupRefusal {

    /**
     * Creates a refusal.
     *
     * @param problem which method is refused, and what would go wrong
     * @param wayOut what to write instead
     */
    IllegalListenerException(String problem, String wayOut, @Nullable Throwable cause) {
        super(problem, wayOut, cause);
    }

    /** Creates a refusal of a method. */
    public static IllegalListenerException of(Method method, String what, String wayOut) {
        return HandlerRules.illegal(method, what, wayOut);
    }
}
