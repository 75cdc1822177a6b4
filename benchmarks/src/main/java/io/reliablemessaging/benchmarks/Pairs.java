package io.reliablemessaging.benchmarks;

import java.util.Arrays;
import java.util.function.DoubleSupplier;

/** Both sides of a comparison, measured in turn so that what disturbs the machine disturbs both. */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Pairs(double[] ours, double[] theirs) {

    /** The first round warms up and does not count. */
    static Pairs measure(int rounds, DoubleSupplier ours, DoubleSupplier theirs) {
        double[] a = new double[rounds];
        double[] b = new double[rounds];
        for (int round = -1; round < rounds; round++) {
            double one = ours.getAsDouble();
            double other = theirs.getAsDouble();
            if (round >= 0) {
                a[round] = one;
                b[round] = other;
            }
        }
        return new Pairs(a, b);
    }

    Ratio ratio(String name, String unit) {
        System.out.printf(
                "  %s: %s against %s%n", name, Arrays.toString(rounded(ours)), Arrays.toString(rounded(theirs)));
        return Ratio.of(name, Bench.median(ours), Bench.median(theirs), unit);
    }

    private static long[] rounded(double[] values) {
        return Arrays.stream(values).mapToLong(Math::round).toArray();
    }
}
