package io.reliablemessaging.text;

import java.time.Duration;
import java.util.Locale;

/** Writes durations as people do: {@code 80 ms}, {@code 0.9 s}, {@code 62 s}, {@code 4 min}, {@code 8 days 4 h}. */
public final class DurationText {

    private static final long DECIMALS_BELOW = 10_000;
    private static final long SECONDS_BELOW = 120;

    private DurationText() {}

    /** Writes a duration in its two largest units; below ten seconds in one unit with a decimal. */
    public static String of(Duration duration) {
        if (duration.isNegative()) {
            return "-" + of(duration.abs());
        }
        if (duration.isZero()) {
            return "0 s";
        }
        if (duration.compareTo(Duration.ofMillis(DECIMALS_BELOW)) < 0) {
            return ofMillis(duration.toMillis());
        }
        return ofSeconds(duration.getSeconds() + (duration.getNano() >= 500_000_000 ? 1 : 0));
    }

    private static String ofMillis(long millis) {
        if (millis < 1) {
            return "less than 1 ms";
        }
        if (millis < 100) {
            return millis + " ms";
        }
        String seconds = String.format(Locale.ROOT, "%.1f", millis / 1000.0);
        return (seconds.endsWith(".0") ? seconds.substring(0, seconds.length() - 2) : seconds) + " s";
    }

    private static String ofSeconds(long seconds) {
        if (seconds < SECONDS_BELOW && seconds % 60 != 0) {
            return seconds + " s";
        }
        long minutes = seconds / 60;
        if (minutes < 60) {
            return two(minutes, "min", seconds % 60, "s");
        }
        long hours = minutes / 60;
        if (hours < 48) {
            return two(hours, "h", minutes % 60, "min");
        }
        return two(hours / 24, "days", hours % 24, "h");
    }

    private static String two(long large, String unit, long small, String smallUnit) {
        return small == 0 ? large + " " + unit : "%d %s %d %s".formatted(large, unit, small, smallUnit);
    }
}
