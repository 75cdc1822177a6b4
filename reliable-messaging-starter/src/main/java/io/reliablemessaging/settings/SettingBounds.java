package io.reliablemessaging.settings;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.util.unit.DataSize;

/** Refuses values that are certainly a mistake, such as a retention of 8 ms because {@code 8} was written for {@code 8d}. */
public final class SettingBounds {

    /** Longer than anything is stored, and short enough for every clock and column. */
    public static final Duration LONGEST = Duration.ofDays(3650);

    private static final List<ChronoUnit> UNITS =
            List.of(ChronoUnit.DAYS, ChronoUnit.HOURS, ChronoUnit.MINUTES, ChronoUnit.SECONDS, ChronoUnit.MILLIS);

    private SettingBounds() {}

    /**
     * Requires a duration within bounds; null is allowed.
     *
     * @param setting full name of the setting
     * @throws IllegalSettingException if it is out of bounds
     */
    public static void require(String setting, @Nullable Duration value, Duration least, Duration most) {
        if (value != null && (value.compareTo(least) < 0 || value.compareTo(most) > 0)) {
            throw new IllegalSettingException(
                    setting,
                    text(value),
                    "is out of bounds: it must be from %s to %s".formatted(text(least), text(most)),
                    "Write it with its unit, such as 500ms, 30s, 15m, 12h or 8d; a number without a unit is in milliseconds");
        }
    }

    /**
     * Requires a number within bounds; null is allowed.
     *
     * @param setting full name of the setting
     * @throws IllegalSettingException if it is out of bounds
     */
    public static void require(String setting, @Nullable Number value, long least, long most) {
        if (value != null && !(value.doubleValue() >= least && value.doubleValue() <= most)) {
            throw new IllegalSettingException(
                    setting,
                    value,
                    "is out of bounds: it must be from %d to %d".formatted(least, most),
                    "Correct it, or leave it out for the default");
        }
    }

    /**
     * Requires a minimum size; null is allowed.
     *
     * @param setting full name of the setting
     * @throws IllegalSettingException if it is too small
     */
    public static void require(String setting, @Nullable DataSize value, DataSize least) {
        if (value != null && value.compareTo(least) < 0) {
            throw new IllegalSettingException(
                    setting,
                    value,
                    "is too little: it must be at least %s".formatted(least),
                    "Write it with its unit, such as 64MB; a number without a unit is in bytes");
        }
    }

    /** Writes a duration as in a configuration file. */
    public static String text(Duration duration) {
        for (ChronoUnit unit : UNITS) {
            if (duration.equals(Duration.of(duration.dividedBy(unit.getDuration()), unit))) {
                return DurationStyle.SIMPLE.print(duration, unit);
            }
        }
        return duration.toString();
    }
}
