package io.reliablemessaging.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class DurationTextTests {

    @Test
    void durationsAreWrittenAsPeopleWriteThem() {
        assertThat(text("PT0S")).isEqualTo("0 s");
        assertThat(text("PT0.0001S")).isEqualTo("less than 1 ms");
        assertThat(text("PT0.08S")).isEqualTo("80 ms");
        assertThat(text("PT0.911S")).isEqualTo("0.9 s");
        assertThat(text("PT2S")).isEqualTo("2 s");
        assertThat(text("PT9.96S")).isEqualTo("10 s");
        assertThat(text("PT62.4S")).isEqualTo("62 s");
        assertThat(text("PT59.7S")).isEqualTo("1 min");
        assertThat(text("PT4M")).isEqualTo("4 min");
        assertThat(text("PT2M5S")).isEqualTo("2 min 5 s");
        assertThat(text("PT1H30M")).isEqualTo("1 h 30 min");
        assertThat(text("P1D")).isEqualTo("24 h");
        assertThat(text("P8DT4H")).isEqualTo("8 days 4 h");
        assertThat(text("PT-0.3S")).isEqualTo("-0.3 s");
        assertThat(DurationText.of(Duration.ofSeconds(Long.MAX_VALUE))).endsWith(" h");
    }

    private static String text(String iso) {
        return DurationText.of(Duration.parse(iso));
    }
}
