package io.reliablemessaging.text;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Describes an exception in bounded text that PostgreSQL, Kafka and a log can store, whatever the exception is: one with NUL
 * or half surrogate pairs in its message, with a message of megabytes, with thousands of causes or a circle of them, or one whose
 * methods throw. Creating it never throws.
 */
public final class FailureText {

    /** Maximum length of a message, in characters. */
    public static final int LONGEST_MESSAGE = 4 * 1024;
    /** Maximum length of a stack trace, in characters. */
    public static final int LONGEST_STACK_TRACE = 32 * 1024;

    private static final int LONGEST_TYPE = 512;

    private final String type;
    private final @Nullable String message;
    private final @Nullable String stackTrace;
    private final Fault fault;

    private FailureText(String type, @Nullable String message, @Nullable String stackTrace, Fault fault) {
        this.type = type;
        this.message = message;
        this.stackTrace = stackTrace;
        this.fault = fault;
    }

    /** Describes an exception: class, message and stack trace. */
    public static FailureText of(Throwable thrown) {
        return new FailureText(typeOf(thrown), messageOf(thrown), StackTraceText.of(thrown), Fault.of(thrown));
    }

    /** Describes only the class of an exception, in ASCII, which every database can store. */
    public static FailureText minimal(Throwable thrown) {
        return new FailureText(ascii(typeOf(thrown)), null, null, Fault.of(thrown));
    }

    /** Tells whether this is only the name of the exception's class. */
    public boolean isMinimal() {
        return stackTrace == null;
    }

    /** Returns the name of the exception's class. */
    public String type() {
        return type;
    }

    /** Returns the exception's message; null if it has none. */
    public @Nullable String message() {
        return message;
    }

    /** Returns the stack trace with those of its causes, the last ones included if there is no room for all; null if it is left out. */
    public @Nullable String stackTrace() {
        return stackTrace;
    }

    /** Identifies the fault for a listener; the same for the full text and the minimal one. */
    public Fingerprint fingerprint(String group, String topic) {
        return new Fingerprint(group, topic, fault.errorClass(), fault.frame());
    }

    @Override
    public String toString() {
        return message == null ? type : type + ": " + message;
    }

    /** Returns the bounded name of an exception's class. */
    public static String typeOf(Throwable thrown) {
        return storable(thrown.getClass().getName(), LONGEST_TYPE);
    }

    /** Returns the bounded message of an exception; null if it has none. */
    public static @Nullable String messageOf(Throwable thrown) {
        String message = asked(thrown::getMessage, "its message cannot be read");
        return message == null ? null : storable(message, LONGEST_MESSAGE);
    }

    /** Replaces all characters that not every database can store. */
    public static String ascii(String text) {
        return text.replaceAll("[^ -~]", "?");
    }

    /** Returns what a method of an exception returns, or else why it does not. */
    private static @Nullable String asked(Supplier<@Nullable String> method, String otherwise) {
        try {
            return method.get();
        } catch (Throwable t) { // an Error, too: it says nothing about this JVM, only about that method
            return "(%s: %s)".formatted(otherwise, t.getClass().getName());
        }
    }

    /** Escapes what a database or a log cannot store, and cuts the text to a number of characters. */
    public static String storable(String text, int most) {
        StringBuilder escaped = new StringBuilder(Math.min(text.length(), most) + 16);
        String end = "... (%d characters)".formatted(text.length());
        int room = Math.max(0, most - end.length());
        int cut = 0; // where to cut if there is no room for all
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
