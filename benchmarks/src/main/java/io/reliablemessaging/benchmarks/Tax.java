package io.reliablemessaging.benchmarks;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * How many business transactions a second are left when each also publishes a message, and the relay and a consumer work
 * beside them, against the bare insert. What the relay has not sent when they end is the backlog left, as a part of what was
 * published.
 */
final class Tax implements Measurement {

    private static final int THREADS = 8;

    @Override
    public List<Ratio> run(Bench bench, Sizes sizes) {
        double[] left = new double[sizes.rounds() + 1];
        double[] published = new double[sizes.rounds() + 1];
        try (Application application = bench.application()) {
            AtomicInteger round = new AtomicInteger();
            Pairs pairs = Pairs.measure(
                    sizes.rounds(),
                    () -> {
                        application.sent().reset();
                        double seconds = sizes.window().toMillis() / 1e3;
                        double rate = withMessages(application, sizes);
                        int now = round.getAndIncrement();
                        published[now] = Math.round(rate * seconds);
                        left[now] = application.backlog();
                        awaitEmpty(application);
                        return rate;
                    },
                    () -> bare(application, sizes));
            Ratio backlog = new Pairs(left, published).ratio("tax_backlog_left", "messages");
            return List.of(pairs.ratio("tax", "transactions/s"), backlog);
        }
    }

    @SuppressWarnings("try") // the consumer works beside us
    private static double withMessages(Application application, Sizes sizes) {
        JdbcTemplate jdbc = application.jdbc();
        var transactions = application.transactions();
        var publisher = application.publisher();
        AtomicLong consumed = new AtomicLong();
        AtomicInteger key = new AtomicInteger();
        byte[] payload = Application.payload();
        try (Consumer consumer = new Consumer(application, record -> consumed.incrementAndGet())) {
            return flow(
                    sizes,
                    () -> transactions.executeWithoutResult(status -> {
                        Latency.insertOrder(jdbc);
                        publisher.publish(application.topic(), "key-" + key.incrementAndGet() % Bench.KEYS, payload);
                    }));
        }
    }

    // the relay stays, with nothing to do: all it costs is five looks a second
    private static double bare(Application application, Sizes sizes) {
        JdbcTemplate jdbc = application.jdbc();
        var transactions = application.transactions();
        return flow(sizes, () -> transactions.executeWithoutResult(status -> Latency.insertOrder(jdbc)));
    }

    /** Transactions per second, of several threads without a pause. */
    static double flow(Sizes sizes, Runnable transaction) {
        AtomicLong done = new AtomicLong();
        long start = System.nanoTime();
        long end = start + sizes.window().toNanos();
        Threads.run(THREADS, thread -> {
            while (System.nanoTime() < end) {
                transaction.run();
                done.incrementAndGet();
            }
        });
        return Application.perSecond(done.get(), start, System.nanoTime());
    }

    static void awaitEmpty(Application application) {
        while (application.backlog() > 0) {
            Thread.onSpinWait();
        }
    }
}
