package io.reliablemessaging.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Runs a suite by its name, prints its table and writes its file. */
final class Main {

    private Main() {}

    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 1 || !arguments[0].equals("relay")) {
            System.err.println("usage: benchmarks/run.sh relay");
            System.exit(2);
        }
        List<Ratio> ratios;
        try (Bench bench = new Bench()) {
            ratios = RelaySuite.run(bench, Sizes.full());
        }
        System.out.print(Report.table(ratios));
        Report.write(ratios, Path.of("benchmarks", "results", "relay.json"));
    }
}
