package io.reliablemessaging.text;

import io.reliablemessaging.text.LoggingProperties.Exceptions;
import java.util.List;

/**
 * Writes an exception in bounded text as {@link LogStyle} allows: with messages, or only with the names of classes. Never
 * throws, whatever the exception is.
 */
public final class LoggedFailure {

    // a text of several lines would look like several log events
    private static final int LONGEST_MESSAGE = 1024;

    private LoggedFailure() {}

    /** Writes one line: the failure, and its root cause if that is another exception. */
    public static String line(Throwable failure) {
        Throwable root = rootOf(failure);
        return root == failure ? headline(failure) : headline(failure) + "; root cause " + headline(root);
    }

    /**
     * Writes several lines: of each exception first the application's frames, then where in a library it was thrown. Our frames and
     * those of proxies and reflection are left out.
     */
    public static String trace(Throwable failure) {
        return StackTraceText.forLog(failure, withMessages());
    }

    private static String headline(Throwable failure) {
        String message = withMessages() ? FailureText.messageOf(failure) : null;
        String type = FailureText.typeOf(failure);
        return message == null || message.isBlank()
                ? type
                : type + ": " + FailureText.storable(oneLine(message), LONGEST_MESSAGE);
    }

    private static String oneLine(String message) {
        return message.strip().replaceAll("\\s*[\\r\\n]+\\s*", " ");
    }

    private static Throwable rootOf(Throwable failure) {
        List<Throwable> chain = CauseChain.of(failure);
        return chain.get(chain.size() - 1);
    }

    private static boolean withMessages() {
        return LogStyle.current().exceptions() == Exceptions.FULL;
    }
}
