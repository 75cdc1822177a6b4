package io.reliablemessaging.faults;

import java.util.Map;
import java.util.TreeMap;

/** Begins faults in a fixed order, and counts them. */
final class Injections {

    private final Map<String, Integer> counts = new TreeMap<>();

    Fault begin(Fault fault) throws Exception {
        fault.begin().run();
        counts.merge(fault.kind(), 1, Integer::sum);
        return fault;
    }

    /** How many there were of each kind. */
    Map<String, Integer> counts() {
        return counts;
    }
}
