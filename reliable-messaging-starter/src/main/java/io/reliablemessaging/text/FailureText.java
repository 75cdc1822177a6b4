package io.reliablemessaging.text;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Says in bounded text what a handler threw. PostgreSQL, Kafka and a log can hold it, whatever the exception is: one with NUL
 * or half characters in its message, with a message of megabytes, with thousands of causes or a circle of them, or one whose
 * methods throw. Making it never throws.
 */
public final class FailureText {

    /** Characters of a message, at most. */
    public static final int LONGEST_MESSAGE = 4 * 1024;
    /** Characters of a stack trace, at most. */
    public static final int LONGEST_STACK_TRACE = 32 * 1024;

    private static final int LONGEST_TYPE = 512;

    private final String type;
    private final @Nullable String message;
    private final @Nullable String stackTrace;

    private FailureText(String type, @Nullable String message, @Nullable String stackTrace) {
        this.type = type;
        this.message = message;
        this.stackTrace = stackTrace;
    }

    /** All that is worth keeping of an exception. */
    public static FailureText of(Throwable thrown) {
        return new FailureText(typeOf(thrown), messageOf(thrown), StackTraceText.of(thrown));
    }

    /** Only the name of its class, in ASCII: what every database can hold. */
    public static FailureText minimal(Throwable thrown) {
        return new FailureText(typeOf(thrown).replaceAll("[^ -~]", "?"), null, null);
    }

    /** Whether it is no more than the name of the exception's class. */
    public boolean isMinimal() {
        return stackTrace == null;
    }

    /** Name of the exception's class. */
    public String type() {
        return type;
    }

    /** Its message, or null if it has none. */
    public @Nullable String message() {
        return message;
    }

    /** The stack trace with those of its causes, the last ones included if not all have room; null if it is not kept. */
    public @Nullable String stackTrace() {
        return stackTrace;
    }

    @Override
    public String toString() {
        return message == null ? type : type + ": " + message;
    }

    /** Name of an exception's class, bounded. */
    public static String typeOf(Throwable thrown) {
        return storable(thrown.getClass().getName(), LONGEST_TYPE);
    }

    /** Message of an exception, bounded; null if it has none. */
    public static @Nullable String messageOf(Throwable thrown) {
        String message = asked(thrown::getMessage, "its message cannot be read");
        return message == null ? null : storable(message, LONGEST_MESSAGE);
    }

    /** What a method of an exception returns, or else why it does not. */
    private static @Nullable String asked(Supplier<@Nullable String> method, String otherwise) {
        try {
            return method.get();
        } catch (Throwable t) { // also an Error: it says nothing about this JVM, only about that method
            return "(%s: %s)".formatted(otherwise, t.getClass().getName());
        }
    }

    /** The text with escapes for what a database or a log cannot hold, cut to a number of characters. */
    public static String storable(String text, int most) {
        StringBuilder escaped = new StringBuilder(Math.min(text.length(), most) + 16);
        String end = "... (%d characters)".formatted(text.length());
        int room = Math.max(0, most - end.length());
        int cut = 0; // where to cut if not all has room
        for (int i = 0; i < text.length(); ) {
            int character = text.codePointAt(i);
            i += Character.charCount(character);
            append(escaped, character);
            if (escaped.length() <= room) {
                cut = escaped.length();
            }
            if (escaped.length() > most) {
                escaped.setLength(cut);
                return escaped.append(end, 0, Math.min(end.length(), most)).toString();
            }
        }
        return escaped.toString();
    }

    private static void append(StringBuilder text, int character) {
        boolean half = character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE;
        boolean control = Character.isISOControl(character) && "\n\r\t".indexOf(character) < 0;
        if (character == 0) {
            text.append("\\0");
        } else if (half || control) {
            text.append("\\u%04x".formatted(character));
        } else {
            text.appendCodePoint(character);
        }
    }
}
