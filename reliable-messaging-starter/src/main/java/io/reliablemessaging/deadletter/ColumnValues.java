package io.reliablemessaging.deadletter;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/** Converts arbitrary values into values that their columns can store. */
final class ColumnValues {

    private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59Z");
    private static final Duration LONGEST = Duration.ofDays(3650);

    private ColumnValues() {}

    /** Converts a time; returns null for a time so far away that it is certainly wrong, since PostgreSQL cannot store all of them. */
    static @Nullable OffsetDateTime timestamp(Instant time) {
        return time.isBefore(FIRST) || time.isAfter(LAST) ? null : time.atOffset(ZoneOffset.UTC);
    }

    /** Converts a delay into seconds, at least 0 and at most ten years. */
    static double seconds(Duration delay) {
        if (delay.isNegative()) {
            return 0;
        }
        return delay.compareTo(LONGEST) > 0 ? LONGEST.toSeconds() : delay.toMillis() / 1000.0;
    }
}
