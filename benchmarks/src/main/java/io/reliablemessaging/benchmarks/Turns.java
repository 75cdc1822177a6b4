package io.reliablemessaging.benchmarks;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleSupplier;

/** Several sides of a comparison, measured in turn; the median of each counts. */
final class Turns {

    private final Map<String, DoubleSupplier> sides = new LinkedHashMap<>();

    Turns side(String name, DoubleSupplier side) {
        sides.put(name, side);
        return this;
    }

    /** The first round warms up and does not count. */
    Rates measure(int rounds) {
        Map<String, double[]> measured = new LinkedHashMap<>();
        for (int round = -1; round < rounds; round++) {
            for (Map.Entry<String, DoubleSupplier> side : sides.entrySet()) {
                double value = side.getValue().getAsDouble();
                if (round >= 0) {
                    measured.computeIfAbsent(side.getKey(), name -> new double[rounds])[round] = value;
                }
            }
        }
        Map<String, Double> medians = new LinkedHashMap<>();
        measured.forEach((name, values) -> {
            System.out.printf(
                    "  %s: %s%n",
                    name,
                    Arrays.toString(Arrays.stream(values).mapToLong(Math::round).toArray()));
            medians.put(name, Bench.median(values));
        });
        return new Rates(medians);
    }
}
