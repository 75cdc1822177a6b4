package io.reliablemessaging.benchmarks;

import java.util.List;

/** All that is measured of listeners, in order. */
final class ListenerSuite {

    private static final List<Measurement> ALL = List.of(
            new OneInsert(),
            new SlowHandler(),
            new ReadAgain(),
            new WithoutOrder(),
            new ParkedAside(),
            new RedriveBeside(),
            new FullInbox(),
            new Concurrencies());

    private ListenerSuite() {}

    static List<Ratio> run(Bench bench, Sizes sizes) {
        return Measurement.runAll(ALL, bench, sizes);
    }
}
