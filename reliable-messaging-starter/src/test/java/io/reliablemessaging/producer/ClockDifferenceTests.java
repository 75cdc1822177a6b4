package io.reliablemessaging.producer;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.junit.jupiter.api.Test;

/** The clock that is wrong is named, in both directions. */
class ClockDifferenceTests {

    private static final String SAID =
            "Timestamp %s of message with offset 0 is out of range. The timestamp should be within [%s, %s]";

    @Test
    void aClockThatIsAhead() {
        assertThat(explain("1800003600000", "-9223370236854775807", "1800000000000"))
                .contains("the clock of this host is ahead of the broker's: it says 2027-01-15T09:00:00Z, 1 h later")
                .contains("message.timestamp.after.max.ms");
    }

    @Test
    void aClockThatIsBehind() {
        assertThat(explain("1800000000000", "1800000060000", "1800003600000"))
                .contains("the clock of this host is behind the broker's: it said 2027-01-15T08:00:00Z")
                .contains("1 min earlier")
                .contains("message.timestamp.before.max.ms");
    }

    @Test
    void whatTheBrokerSaysOtherwiseIsQuoted() {
        assertThat(ClockDifference.explain(new InvalidTimestampException("no good")))
                .hasValueSatisfying(text -> assertThat(text).contains("this host's clock", "no good"));
        assertThat(ClockDifference.explain(new InvalidTimestampException(null))).isPresent();
    }

    @Test
    void otherFailuresAreNoneOfClocks() {
        assertThat(ClockDifference.explain(new RecordTooLargeException("too large")))
                .isEmpty();
    }

    private static String explain(String at, String from, String to) {
        return ClockDifference.explain(new InvalidTimestampException(SAID.formatted(at, from, to)))
                .orElseThrow();
    }
}
