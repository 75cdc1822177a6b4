package io.reliablemessaging.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs a suite by its name, prints its table and writes its file, which a second argument may name; "sizing" only prints. {@code -Dtiny=true} measures next
 * to nothing, to try out whatever calls this.
 */
final class Main {

    private static final int MOST_INSTANCES = 8;

    private Main() {}

    public static void main(String[] arguments) throws IOException {
        String suite = arguments.length > 0 ? arguments[0] : "";
        if (!List.of("relay", "listener", "sizing").contains(suite)) {
            System.err.println("usage: benchmarks/run.sh relay|listener|sizing");
            System.exit(2);
        }
        Sizes sizes = Boolean.getBoolean("tiny") ? Sizes.tiny() : Sizes.full();
        if (suite.equals("sizing")) {
            try (Bench bench = new Bench()) {
                var unused = Sizing.run(bench, sizes, MOST_INSTANCES);
            }
            return;
        }
        List<Ratio> ratios;
        List<Ratio> written;
        try (Bench bench = new Bench()) {
            if (suite.equals("relay")) {
                ratios = RelaySuite.run(bench, sizes);
                written = ratios;
            } else {
                ratios = ListenerSuite.run(bench, sizes);
                written = ratios.stream().filter(Report::hasBar).toList();
            }
        }
        System.out.print(Report.table(ratios));
        Report.write(
                written,
                arguments.length > 1 ? Path.of(arguments[1]) : Path.of("benchmarks", "results", suite + ".json"));
    }
}
