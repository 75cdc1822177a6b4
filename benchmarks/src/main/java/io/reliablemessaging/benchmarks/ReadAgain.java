package io.reliablemessaging.benchmarks;

import java.util.List;

/** What a group has handled, read again after its offsets were set back, against handling it. */
final class ReadAgain implements Measurement {

    private static final List<String> TRANSACTIONS = List.of("record", "batch");

    @Override
    public List<Ratio> run(Bench bench, Sizes sizes) {
        try (Consuming application = bench.consuming("reliable-messaging.listeners.again-batch.transaction=batch")) {
            Records records = bench.records(Bench.PARTITIONS, sizes.backlog());
            return TRANSACTIONS.stream()
                    .map(transaction -> again("again-" + transaction, application, records, sizes))
                    .toList();
        }
    }

    private static Ratio again(String id, Consuming application, Records records, Sizes sizes) {
        String[] group = new String[1];
        Rates rates = new Turns()
                .side(id + "-first", () -> {
                    application.clear();
                    group[0] = application.newGroup(id);
                    return application.reliable(id, records, group[0]);
                })
                .side(id, () -> application.again(id, records, group[0]))
                .measure(sizes.rounds());
        return rates.ratio(id.replace('-', '_'), id, id + "-first");
    }
}
