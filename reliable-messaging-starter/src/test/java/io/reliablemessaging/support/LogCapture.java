package io.reliablemessaging.support;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** What a person would read in the log while it is open. Not a test that counts lines beside others: one JVM has one log. */
public final class LogCapture implements AutoCloseable {

    private static final String OURS = "io.reliablemessaging.";

    private static final List<LogCapture> OPEN = new CopyOnWriteArrayList<>();

    private final List<Line> lines = new CopyOnWriteArrayList<>();

    /** Named in logback-test.xml: an application that starts sets the logging up anew, and no other appender would stay. */
    public static final class Sink extends AppenderBase<ILoggingEvent> {
        @Override
        protected void append(ILoggingEvent event) {
            if (!OPEN.isEmpty()) {
                Line line = Line.of(event);
                OPEN.forEach(capture -> capture.lines.add(line));
            }
        }
    }

    /**
     * One line.
     *
     * @param message with its arguments
     * @param stackTrace of what was logged with it, or an empty text
     */
    public record Line(long millis, Level level, String logger, String thread, String message, String stackTrace) {

        private static Line of(ILoggingEvent event) {
            IThrowableProxy thrown = event.getThrowableProxy();
            return new Line(
                    event.getTimeStamp(),
                    event.getLevel(),
                    event.getLoggerName(),
                    event.getThreadName(),
                    event.getFormattedMessage(),
                    thrown == null ? "" : ThrowableProxyUtil.asString(thrown));
        }

        /** Message and stack trace. */
        public String text() {
            return message + "\n" + stackTrace;
        }
    }

    private LogCapture() {}

    public static LogCapture start() {
        LogCapture capture = new LogCapture();
        OPEN.add(capture);
        return capture;
    }

    /** All lines so far, of whatever logger. */
    public List<Line> all() {
        return List.copyOf(lines);
    }

    /** Lines of the product, not of the classes of its tests, at INFO and above. */
    public List<Line> ours() {
        return lines.stream()
                .filter(line -> line.logger().startsWith(OURS)
                        && !line.logger().startsWith(OURS + "test.")
                        && line.level().isGreaterOrEqual(Level.INFO))
                .toList();
    }

    /** Lines of the product that contain the text. */
    public List<Line> ours(String text) {
        return ours().stream().filter(line -> line.text().contains(text)).toList();
    }

    /** Whether any line contains the text, whatever its level. */
    public boolean has(String text) {
        return lines.stream().anyMatch(line -> line.text().contains(text));
    }

    /** Forgets what has been logged. */
    public void clear() {
        lines.clear();
    }

    @Override
    public void close() {
        OPEN.remove(this);
    }
}
