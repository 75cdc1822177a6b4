package io.reliablemessaging.benchmarks;

import java.util.List;

/** A backlog of a single key, and so of one lane and one partition, against one of many keys. */
final class HotKey implements Measurement {

    @Override
    public List<Ratio> run(Bench bench, Sizes sizes) {
        try (Application application = bench.application()) {
            Pairs pairs = Pairs.measure(
                    sizes.rounds() + 2, // short ones
                    () -> application.drain(sizes.backlog(), 1),
                    () -> application.drain(sizes.backlog(), Bench.KEYS));
            return List.of(pairs.ratio("hot_key", "messages/s"));
        }
    }
}
