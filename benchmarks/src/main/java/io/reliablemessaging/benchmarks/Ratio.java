package io.reliablemessaging.benchmarks;

import java.util.Locale;

/**
 * A result.
 *
 * @param name its key
 * @param value the ratio
 * @param ours what we did
 * @param theirs what it is held against
 * @param unit of both
 */
record Ratio(String name, double value, double ours, double theirs, String unit) {

    static Ratio of(String name, double ours, double theirs, String unit) {
        return new Ratio(name, ours / theirs, ours, theirs, unit);
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%-16s %8.3f   %,10.2f / %,10.2f %s", name, value, ours, theirs, unit);
    }
}
