package io.reliablemessaging.deadletter;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.junit.jupiter.api.Test;

/** Whatever a header or a handler says fits into its column. */
class ColumnValuesTests {

    @Test
    void timesThatNobodyMeansAreNone() {
        assertThat(ColumnValues.timestamp(Instant.MIN)).isNull();
        assertThat(ColumnValues.timestamp(Instant.MAX)).isNull();
        assertThat(ColumnValues.timestamp(Instant.parse("0000-12-31T23:59:59Z")))
                .isNull();
        assertThat(ColumnValues.timestamp(Instant.parse("+10000-01-01T00:00:00Z")))
                .isNull();
        assertThat(ColumnValues.timestamp(Instant.EPOCH)).isEqualTo(OffsetDateTime.parse("1970-01-01T00:00:00Z"));
        assertThat(ColumnValues.timestamp(Instant.parse("0001-01-01T00:00:00Z")))
                .isNotNull();
        assertThat(ColumnValues.timestamp(Instant.parse("9999-12-31T23:59:59Z")))
                .isNotNull();
    }

    @Test
    void delaysAreBetweenNothingAndTenYears() {
        assertThat(ColumnValues.seconds(Duration.ofMillis(1500))).isEqualTo(1.5);
        assertThat(ColumnValues.seconds(Duration.ofMillis(-1))).isZero();
        assertThat(ColumnValues.seconds(Duration.ofSeconds(Long.MIN_VALUE))).isZero();
        assertThat(ColumnValues.seconds(Duration.ofDays(3650))).isEqualTo(3650 * 86400.0);
        assertThat(ColumnValues.seconds(Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(3650 * 86400.0);
    }
}
