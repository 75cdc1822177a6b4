package io.reliablemessaging.benchmarks;

import java.util.List;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * How much write-ahead log a message costs, on its way out and on its way in: what transactions with it write beyond those
 * without it. Each message in a transaction of its own, the deletion of the sent row included. Each side begins after a
 * checkpoint.
 */
final class LogPerMessage implements Sizing.Part {

    private static final String ID = "log";

    @Override
    public List<Figure> measure(Bench bench, Sizes sizes) {
        ServerStatistics statistics = bench.statistics();
        int messages = sizes.smallBacklog();
        double without;
        double with;
        try (Application application = bench.application()) {
            without = written(statistics, messages, () -> insert(application, messages, false));
            with = written(statistics, messages, () -> insert(application, messages, true));
        }
        double plain;
        double reliable;
        try (Consuming application = bench.consuming("reliable-messaging.listeners.%s.concurrency=1".formatted(ID))) {
            Records records = bench.records(Bench.PARTITIONS, messages);
            plain = written(statistics, messages, () -> application.plain(records));
            reliable = written(statistics, messages, () -> application.reliable(ID, records));
        }
        String unit = "bytes of write-ahead log a message";
        return List.of(
                new Figure("a transaction with one insert", without, unit),
                new Figure("the same that publishes, until the row is sent and deleted", with, unit),
                new Figure("publishing and sending", with - without, unit),
                new Figure("a handler with one insert, plain listener", plain, unit),
                new Figure("the same with ours", reliable, unit),
                new Figure("inbox and progress", reliable - plain, unit));
    }

    private static double written(ServerStatistics statistics, int messages, Runnable work) {
        statistics.checkpoint();
        long before = statistics.written();
        work.run();
        return (double) (statistics.written() - before) / messages;
    }

    private static void insert(Application application, int count, boolean publish) {
        JdbcTemplate jdbc = application.jdbc();
        byte[] payload = Application.payload();
        for (int number = 0; number < count; number++) {
            String key = "key-" + number % Bench.KEYS;
            application.transactions().executeWithoutResult(status -> {
                Latency.insertOrder(jdbc);
                if (publish) {
                    application.publisher().publish(application.topic(), key, payload);
                }
            });
        }
        Tax.awaitEmpty(application);
    }
}
