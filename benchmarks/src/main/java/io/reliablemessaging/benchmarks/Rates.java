package io.reliablemessaging.benchmarks;

import java.util.Map;
import java.util.Objects;

/**
 * What {@link Turns} measured.
 *
 * @param medians by the name of the side, in records per second
 */
record Rates(Map<String, Double> medians) {

    double of(String side) {
        return Objects.requireNonNull(medians.get(side), side);
    }

    Ratio ratio(String name, String ours, String theirs) {
        return against(name, ours, of(theirs));
    }

    Ratio against(String name, String ours, double theirs) {
        return Ratio.of(name, of(ours), theirs, "records/s");
    }
}
