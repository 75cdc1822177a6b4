package io.reliablemessaging.benchmarks;

import java.time.Duration;
import java.util.List;

/**
 * Listeners without an order, which read as members of a share group: with a handler that inserts one row, against the plain
 * listener, and with one that takes 10 ms, on one partition, against what 32 of them could do if all the rest took no time.
 */
final class WithoutOrder implements Measurement {

    private static final Duration TIME = Duration.ofMillis(10);
    private static final int CONCURRENCY = 32;
    private static final String NONE = "none";

    @Override
    public List<Ratio> run(Bench bench, Sizes sizes) {
        return List.of(fast(bench, sizes), slow(bench, sizes));
    }

    private static Ratio fast(Bench bench, Sizes sizes) {
        try (Consuming application = bench.consuming("reliable-messaging.listeners.none.ordering=none")) {
            Records few = bench.records(Bench.PARTITIONS, sizes.smallBacklog());
            Records some = bench.records(Bench.PARTITIONS, 2 * sizes.smallBacklog());
            Rates rates = new Turns()
                    .side(Handlers.PLAIN, () -> application.plain(few))
                    .side(NONE, () -> application.reliable(NONE, some))
                    .measure(sizes.rounds());
            return rates.ratio("none", NONE, Handlers.PLAIN);
        }
    }

    private static Ratio slow(Bench bench, Sizes sizes) {
        try (Consuming application = bench.consuming(
                "reliable-messaging.listeners.none.ordering=none",
                "reliable-messaging.listeners.none.concurrency=" + CONCURRENCY,
                "spring.datasource.hikari.maximum-pool-size=40")) {
            application.handlersTake(TIME);
            Records records = bench.records(1, sizes.smallBacklog());
            Rates rates = new Turns()
                    .side(NONE, () -> application.reliable(NONE, records))
                    .measure(sizes.rounds());
            return rates.against("none_slow_ideal", NONE, CONCURRENCY * 1e3 / TIME.toMillis());
        }
    }
}
