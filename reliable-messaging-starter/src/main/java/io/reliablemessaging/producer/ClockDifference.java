package io.reliablemessaging.producer;

import io.reliablemessaging.text.DurationText;
import io.reliablemessaging.text.FailureText;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.errors.InvalidTimestampException;

/**
 * Explains why a broker refuses a timestamp. The relay's producer sets it when it sends, by this host's clock; the
 * broker compares it with its own clock.
 */
public final class ClockDifference {

    // "Timestamp 1 of message with offset 2 is out of range. The timestamp should be within [3, 4]"
    private static final Pattern OUT_OF_RANGE = Pattern.compile(
            "Timestamp (-?\\d{1,19}) .*\\[(-?\\d{1,19}), (-?\\d{1,19})]", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    private static final String AHEAD =
            "the clock of this host is ahead of the broker's: it says %s, %s later than the topic allows"
                    + " (message.timestamp.after.max.ms). Synchronize the clocks";
    private static final String BEHIND =
            "the clock of this host is behind the broker's: it said %s when the message was sent, %s earlier than the topic"
                    + " allows (message.timestamp.before.max.ms). Synchronize the clocks";
    private static final String UNKNOWN =
            "the broker refuses the timestamps of its messages, which are set by this host's clock when they are sent. Compare"
                    + " this host's clock and the broker's with the topic's message.timestamp.before.max.ms and"
                    + " message.timestamp.after.max.ms: %s";

    private ClockDifference() {}

    /** Explains a failure, if the broker has refused a timestamp. */
    public static Optional<String> explain(Throwable failure) {
        if (!(failure instanceof InvalidTimestampException)) {
            return Optional.empty();
        }
        String message = Objects.requireNonNullElse(FailureText.messageOf(failure), "");
        Matcher matcher = OUT_OF_RANGE.matcher(message);
        if (matcher.find()) {
            BigInteger at = new BigInteger(matcher.group(1));
            BigInteger tooLate = at.subtract(new BigInteger(matcher.group(3)));
            BigInteger tooEarly = new BigInteger(matcher.group(2)).subtract(at);
            if (tooLate.signum() > 0) {
                return Optional.of(AHEAD.formatted(instant(at), duration(tooLate)));
            }
            if (tooEarly.signum() > 0) {
                return Optional.of(BEHIND.formatted(instant(at), duration(tooEarly)));
            }
        }
        return Optional.of(UNKNOWN.formatted(message));
    }

    private static Instant instant(BigInteger millis) {
        return Instant.ofEpochMilli(millis.longValue());
    }

    private static String duration(BigInteger millis) {
        return DurationText.of(
                Duration.ofMillis(millis.min(BigInteger.valueOf(Long.MAX_VALUE)).longValue()));
    }
}
