package io.reliablemessaging.deadletter;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.junit.jupiter.api.Test;

/** Whatever a header or a handler says fits into its column. */
class ColumnsTests {

    @Test
    void timesThatNobodyMeansAreNone() {
        assertThat(Columns.timestamp(Instant.MIN)).isNull();
        assertThat(Columns.timestamp(Instant.MAX)).isNull();
        assertThat(Columns.timestamp(Instant.parse("0000-12-31T23:59:59Z"))).isNull();
        assertThat(Columns.timestamp(Instant.parse("+10000-01-01T00:00:00Z"))).isNull();
        assertThat(Columns.timestamp(Instant.EPOCH)).isEqualTo(OffsetDateTime.parse("1970-01-01T00:00:00Z"));
        assertThat(Columns.timestamp(Instant.parse("0001-01-01T00:00:00Z"))).isNotNull();
        assertThat(Columns.timestamp(Instant.parse("9999-12-31T23:59:59Z"))).isNotNull();
    }

    @Test
    void delaysAreBetweenNothingAndTenYears() {
        assertThat(Columns.seconds(Duration.ofMillis(1500))).isEqualTo(1.5);
        assertThat(Columns.seconds(Duration.ofMillis(-1))).isZero();
        assertThat(Columns.seconds(Duration.ofSeconds(Long.MIN_VALUE))).isZero();
        assertThat(Columns.seconds(Duration.ofDays(3650))).isEqualTo(3650 * 86400.0);
        assertThat(Columns.seconds(Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(3650 * 86400.0);
    }
}
