package io.reliablemessaging.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** How far concurrency goes, from 1 to 64, with a fast handler and one that takes 10 ms. */
final class Concurrencies implements Measurement {

    private static final List<Integer> ALL = List.of(1, 2, 4, 8, 16, 32, 64);
    private static final Duration SLOW = Duration.ofMillis(10);
    private static final List<String> TRANSACTIONS = List.of("record", "batch");

    @Override
    public List<Ratio> run(Bench bench, Sizes sizes) {
        List<String> settings = new ArrayList<>(List.of("spring.datasource.hikari.maximum-pool-size=72"));
        for (int concurrency : ALL) {
            for (String transaction : TRANSACTIONS) {
                String listener = "reliable-messaging.listeners.%s-%d.".formatted(transaction, concurrency);
                settings.add(listener + "concurrency=" + concurrency);
                settings.add(listener + "transaction=" + transaction);
            }
        }
        try (Consuming application = bench.consuming(settings.toArray(String[]::new))) {
            Records few = bench.records(Bench.PARTITIONS, sizes.smallBacklog() / 25);
            Records some = bench.records(Bench.PARTITIONS, sizes.smallBacklog() / 5);
            Records many = bench.records(Bench.PARTITIONS, sizes.smallBacklog() / 2);
            List<Ratio> ratios = new ArrayList<>();
            application.handlersTake(Duration.ZERO);
            ratios.addAll(all("fast", application, some, some, many, sizes));
            application.handlersTake(SLOW);
            ratios.addAll(all("10ms", application, few, few, some, sizes));
            return ratios;
        }
    }

    private static List<Ratio> all(
            String handler, Consuming application, Records plain, Records few, Records many, Sizes sizes) {
        Turns turns = new Turns().side(Handlers.PLAIN, () -> application.plain(plain));
        List<String> ids = new ArrayList<>();
        for (String transaction : TRANSACTIONS) {
            for (int concurrency : ALL) {
                String id = "%s-%d".formatted(transaction, concurrency);
                ids.add(id);
                turns.side(id, () -> application.reliable(id, concurrency <= 4 ? few : many));
            }
        }
        Rates rates = turns.measure(sizes.rounds());
        return ids.stream()
                .map(id -> rates.ratio(handler + "-" + id, id, Handlers.PLAIN))
                .toList();
    }
}
