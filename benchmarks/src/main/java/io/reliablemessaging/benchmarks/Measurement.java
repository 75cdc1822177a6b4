package io.reliablemessaging.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** One comparison: what is measured and what it is held against, in turn and on the same servers. */
interface Measurement {

    List<Ratio> run(Bench bench, Sizes sizes);

    static List<Ratio> runAll(List<Measurement> all, Bench bench, Sizes sizes) {
        String only = System.getProperty("only", ""); // -Donly=Drain,Tax, to look closer at some
        List<Ratio> ratios = new ArrayList<>();
        for (Measurement measurement : all) {
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
