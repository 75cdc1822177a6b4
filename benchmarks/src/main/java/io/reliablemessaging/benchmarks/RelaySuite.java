package io.reliablemessaging.benchmarks;

import java.util.List;

/** All that is measured of the relay, in order. */
final class RelaySuite {

    private static final List<Measurement> ALL = List.of(
            new Drain(),
            new Latency(),
            new LatencyLoaded(),
            new Tax(),
            new JpaNoPublish(),
            new HotKey(),
            new OpenWriter(),
            new FlatHorizon(),
            new FlatBacklog(),
            new Scale(),
            new Rolling(),
            new Bulkhead(),
            new Idle());

    private RelaySuite() {}

    static List<Ratio> run(Bench bench, Sizes sizes) {
        return Measurement.runAll(ALL, bench, sizes);
    }
}
