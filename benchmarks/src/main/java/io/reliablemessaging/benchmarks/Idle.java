package io.reliablemessaging.benchmarks;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Database transactions a second of an instance without listeners that has nothing to do. What PostgreSQL does by itself in a
 * database that nobody uses is left out. No ratio: it is held against one a second.
 */
final class Idle implements Measurement {

    @Override
    public List<Ratio> run(Bench bench, Sizes sizes) {
        try (Application application = bench.application()) {
            return List.of(Ratio.of("idle_tps", perSecond(bench, application, sizes), 1, "transactions/s"));
        }
    }

    /** Transactions a second of all instances of an application. */
    static double perSecond(Bench bench, Application application, Sizes sizes) {
        // sessions tell what they have done now and then: the longer the window, the less that matters
        Duration window = sizes.window().multipliedBy(4);
        ServerStatistics statistics = bench.statistics();
        String unused = bench.unusedDatabase();
        rest(window); // it has started, and knows whether it is told of messages
        long before = statistics.transactions(application.database()) - statistics.transactions(unused);
        long start = System.nanoTime();
        rest(window);
        long after = statistics.transactions(application.database()) - statistics.transactions(unused);
        return Math.max(0, Application.perSecond(after - before, start, System.nanoTime()));
    }

    static void rest(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        for (long left = time.toNanos(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
