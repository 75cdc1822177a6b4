package io.reliablemessaging.benchmarks;

import java.util.ArrayList;
import java.util.List;

/** The numbers that {@code docs/sizing.md} calculates with: sizes and write-ahead log first, which hold on any machine. */
final class Sizing {

    /** Some of them. */
    interface Part {
        List<Figure> measure(Bench bench, Sizes sizes);
    }

    private Sizing() {}

    /**
     * Measures, and prints what it has.
     *
     * @param most largest number of instances
     */
    static List<Figure> run(Bench bench, Sizes sizes, int most) {
        String only = System.getProperty("only", ""); // -Donly=TableSizes,LogPerMessage leaves out what takes long
        List<Figure> figures = new ArrayList<>();
        for (Part part : List.of(new TableSizes(), new LogPerMessage(), new Instances(most))) {
            if (only.isEmpty()
                    || List.of(only.split(",")).contains(part.getClass().getSimpleName())) {
                List<Figure> measured = part.measure(bench, sizes);
                measured.forEach(System.out::println);
                figures.addAll(measured);
            }
        }
        return figures;
    }
}
