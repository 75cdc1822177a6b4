package io.reliablemessaging.benchmarks;

import io.reliablemessaging.benchmarks.Application.Filling;
import java.util.List;

/** The rate at which a huge backlog is sent, from the first message to the last, against that of a small one. */
final class FlatBacklog implements Measurement {

    @Override
    public List<Ratio> run(Bench bench, Sizes sizes) {
        try (Application application = bench.application()) {
            Pairs pairs = Pairs.measure(
                    sizes.rounds(),
                    () -> drain(application, sizes.hugeBacklog()),
                    () -> drain(application, sizes.smallBacklog()));
            return List.of(pairs.ratio("flat_backlog", "messages/s"));
        }
    }

    private static double drain(Application application, int rows) {
        application.clear();
        return application.drainOnTop(rows, Bench.KEYS, Filling.SETTLED);
    }
}
