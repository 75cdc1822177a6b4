package io.reliablemessaging.text;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.spi.LocationAwareLogger;

/**
 * Logs readable text, and no more than {@link LogStyle} allows: durations as people write them, exceptions as bounded
 * text. An exception with a placeholder becomes part of the line; one without follows the message as a stack trace. The
 * exception itself never reaches the logging system, which would print everything in it.
 */
public final class ReadableLogger extends LegacyAbstractLogger {

    private static final String NAME = ReadableLogger.class.getName();
    private static final String PLACEHOLDER = "{}";

    private final transient Logger target;

    private ReadableLogger(Logger target) {
        this.target = target;
        this.name = target.getName();
    }

    /** Creates the logger of a class. */
    public static Logger of(Class<?> owner) {
        return new ReadableLogger(LoggerFactory.getLogger(owner));
    }

    @Override
    protected void handleNormalizedLoggingCall(
            Level level,
            @Nullable Marker marker,
            String pattern,
            @Nullable Object @Nullable [] arguments,
            @Nullable Throwable thrown) {
        @Nullable Object[] all = arguments == null ? new @Nullable Object[0] : arguments;
        int given = all.length;
        @Nullable Object[] texts = new @Nullable Object[thrown == null ? given : given + 1];
        for (int i = 0; i < given; i++) {
            texts[i] = readable(all[i]);
        }
        String message = pattern;
        if (thrown != null) {
            boolean inLine = placeholders(pattern) > given;
            texts[given] = inLine
                    ? LoggedFailure.line(thrown)
                    : LoggedFailure.trace(thrown).stripTrailing();
            message = inLine ? pattern : pattern + "\n" + PLACEHOLDER;
        }
        log(level, marker, message, texts);
    }

    private void log(Level level, @Nullable Marker marker, String message, @Nullable Object[] texts) {
        if (target instanceof LocationAwareLogger aware) {
            aware.log(marker, NAME, level.toInt(), message, texts, null);
        } else {
            target.atLevel(level).log(message, texts);
        }
    }

    private static @Nullable Object readable(@Nullable Object argument) {
        if (argument instanceof Duration duration) {
            return DurationText.of(duration);
        }
        return argument instanceof Throwable failure ? LoggedFailure.line(failure) : argument;
    }

    private static int placeholders(String pattern) {
        int count = 0;
        for (int at = pattern.indexOf(PLACEHOLDER); at >= 0; at = pattern.indexOf(PLACEHOLDER, at + 2)) {
            count++;
        }
        return count;
    }

    @Override
    protected String getFullyQualifiedCallerName() {
        return NAME;
    }

    @Override
    public boolean isTraceEnabled() {
        return target.isTraceEnabled();
    }

    @Override
    public boolean isDebugEnabled() {
        return target.isDebugEnabled();
    }

    @Override
    public boolean isInfoEnabled() {
        return target.isInfoEnabled();
    }

    @Override
    public boolean isWarnEnabled() {
        return target.isWarnEnabled();
    }

    @Override
    public boolean isErrorEnabled() {
        return target.isErrorEnabled();
    }
}
