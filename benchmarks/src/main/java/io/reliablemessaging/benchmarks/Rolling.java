package io.reliablemessaging.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The longest wait of a message, from the start of its commit until a consumer has it, while one of two instances stops in order
 * and a new one comes, against the longest wait while nothing of the kind happens. All share the machine, and the new one starts
 * on it.
 */
final class Rolling implements Measurement {

    private static final int INSTANCES = 2;

    @Override
    public List<Ratio> run(Bench bench, Sizes sizes) {
        try (Application application = bench.application()) {
            Scale.shareBy(INSTANCES, application);
            Pairs pairs = Pairs.measure(
                    sizes.rounds(), () -> whileOneIsReplaced(application, sizes), () -> longest(application, sizes));
            return List.of(pairs.ratio("rolling_longest", "microseconds"));
        }
    }

    private static double whileOneIsReplaced(Application application, Sizes sizes) {
        CompletableFuture<Void> replaced = CompletableFuture.runAsync(() -> {
            Scale.shareBy(INSTANCES - 1, application);
            Scale.shareBy(INSTANCES, application);
        });
        double longest = 0;
        do {
            longest = Math.max(longest, longest(application, sizes));
        } while (!replaced.isDone());
        replaced.join();
        return longest;
    }

    private static double longest(Application application, Sizes sizes) {
        double[] waits = Latency.measure(application, Latency.messages(sizes), Latency.outbox(application));
        return Arrays.stream(waits).max().orElseThrow();
    }
}
