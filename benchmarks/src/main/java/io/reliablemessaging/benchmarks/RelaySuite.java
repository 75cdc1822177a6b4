package io.reliablemessaging.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** All that is measured of the relay, in order. */
final class RelaySuite {

    private static final List<Measurement> ALL = List.of(
            new Drain(),
            new Latency(),
            new Tax(),
            new HotKey(),
            new OpenWriter(),
            new FlatHorizon(),
            new FlatBacklog(),
            new Scale());

    private RelaySuite() {}

    static List<Ratio> run(Bench bench, Sizes sizes) {
        String only = System.getProperty("only", ""); // -Donly=Drain,Tax, to look closer at some
        List<Ratio> ratios = new ArrayList<>();
        for (Measurement measurement : ALL) {
            String name = measurement.getClass().getSimpleName();
            if (only.isEmpty() || List.of(only.split(",")).contains(name)) {
                long start = System.nanoTime();
                List<Ratio> measured = measurement.run(bench, sizes);
                Duration took = Duration.ofNanos(System.nanoTime() - start);
                System.out.printf("%s, %d s%n", name, took.toSeconds());
                measured.forEach(ratio -> System.out.printf("  %s%n", ratio));
                ratios.addAll(measured);
            }
        }
        return ratios;
    }
}
