package io.reliablemessaging.benchmarks;

import java.util.List;

/** Handlers that insert one row, against the plain listener, whose transaction has one statement less. */
final class OneInsert implements Measurement {

    private static final String ONE = "one";
    private static final String DEFAULT = "default";
    private static final String BATCH = "batch";

    @Override
    public List<Ratio> run(Bench bench, Sizes sizes) {
        try (Consuming application = bench.consuming(
                "reliable-messaging.listeners.one.concurrency=1",
                "reliable-messaging.listeners.batch.transaction=batch")) {
            Records few = bench.records(Bench.PARTITIONS, sizes.smallBacklog());
            Records some = bench.records(Bench.PARTITIONS, 2 * sizes.smallBacklog());
            Records many = bench.records(Bench.PARTITIONS, 2 * sizes.backlog());
            Rates rates = new Turns()
                    .side(Handlers.PLAIN, () -> application.plain(few))
                    .side(ONE, () -> application.reliable(ONE, few))
                    .side(DEFAULT, () -> application.reliable(DEFAULT, some))
                    .side(BATCH, () -> application.reliable(BATCH, many))
                    .measure(sizes.rounds());
            return List.of(
                    rates.ratio("plain_1", ONE, Handlers.PLAIN),
                    rates.ratio("plain_default", DEFAULT, Handlers.PLAIN),
                    rates.ratio("batch_tx", BATCH, Handlers.PLAIN));
        }
    }
}
