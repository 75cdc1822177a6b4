package io.reliablemessaging.benchmarks;

import java.time.Duration;
import java.util.List;

/**
 * Handlers that take 10 ms and then insert a row, on one partition, against what 32 of them could do if all the rest took
 * no time. Each holds a connection meanwhile, so this is with a pool that has that many.
 */
final class SlowHandler implements Measurement {

    private static final Duration TIME = Duration.ofMillis(10);
    private static final int CONCURRENCY = 32;
    private static final String SLOW = "slow";

    @Override
    public List<Ratio> run(Bench bench, Sizes sizes) {
        try (Consuming application = bench.consuming(
                "reliable-messaging.listeners.slow.concurrency=" + CONCURRENCY,
                "spring.datasource.hikari.maximum-pool-size=40")) {
            application.handlersTake(TIME);
            Records records = bench.records(1, 2 * sizes.smallBacklog());
            Rates rates = new Turns()
                    .side(SLOW, () -> application.reliable(SLOW, records))
                    .measure(sizes.rounds());
            return List.of(rates.against("slow_ideal", SLOW, CONCURRENCY * 1e3 / TIME.toMillis()));
        }
    }
}
