package io.reliablemessaging.benchmarks;

import java.util.List;

/**
 * An inbox that remembers five million messages of the same group and topic, against one that is all but empty: two
 * databases of one server. New messages each round, for one group, so that the inbox stays as it is.
 */
final class FullInbox implements Measurement {

    private static final String ID = "inbox";

    // the ids of messages that were published one after the other until a minute ago
    private static final String FILL = """
            insert into %s (consumer_group, topic, message_id)
            select ?, ?, uuidv7(make_interval(secs => (n - ?) * 0.001 - 60)) from generate_series(1, ?) n
            """;

    @Override
    public List<Ratio> run(Bench bench, Sizes sizes) {
        int rows = 5 * sizes.hugeBacklog();
        int count = 2 * sizes.smallBacklog();
        String topic = bench.topic(Bench.PARTITIONS);
        try (Consuming full = bench.consuming();
                Consuming empty = bench.consuming()) {
            fill(full, topic, rows);
            Rates rates = new Turns()
                    .side("fresh", () -> 0 * write(bench, topic, count))
                    .side("full", () -> full.reliable(ID, new Records(topic, count), ID))
                    .side("empty", () -> empty.reliable(ID, new Records(topic, count), ID + "-empty"))
                    .measure(sizes.rounds() + 2); // they differ little
            return List.of(rates.ratio("inbox_5m", "full", "empty"));
        }
    }

    private static int write(Bench bench, String topic, int count) {
        return bench.write(topic, count).count();
    }

    private static void fill(Consuming application, String topic, int rows) {
        application.jdbc().update(FILL.formatted(Consuming.INBOX), ID, topic, rows, rows);
        application.jdbc().execute("vacuum analyze " + Consuming.INBOX);
        application.jdbc().execute("checkpoint"); // or it would write all that later, and slow down both
    }
}
