package io.reliablemessaging.benchmarks;

import java.util.Locale;

/**
 * A number that depends on no machine, or says of which it is.
 *
 * @param what what was measured
 * @param value how much
 * @param unit of what
 */
record Figure(String what, double value, String unit) {

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "| %-70s | %,12.2f %-40s |", what, value, unit);
    }
}
