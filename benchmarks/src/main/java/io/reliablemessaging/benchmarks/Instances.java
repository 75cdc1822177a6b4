package io.reliablemessaging.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** What one, two, four and eight instances of an application ask of the database, idle and loaded. All of them in this process. */
final class Instances implements Sizing.Part {

    private final int most;

    /**
     * Makes the part.
     *
     * @param most how many there are at the end
     */
    Instances(int most) {
        this.most = most;
    }

    @Override
    public List<Figure> measure(Bench bench, Sizes sizes) {
        List<Figure> figures = new ArrayList<>();
        try (Application application = bench.application()) {
            for (int count = 1; count <= most; count *= 2) {
                Scale.shareBy(count, application);
                String with = count == 1 ? "1 instance, " : count + " instances, ";
                double idle = Idle.perSecond(bench, application, sizes);
                figures.add(new Figure(with + "idle: transactions", idle / count, "a second and instance"));
                figures.add(connections(with, count, bench, application));
                figures.addAll(loaded(with, idle, bench, application, sizes));
                figures.addAll(drained(with, application, sizes));
            }
        }
        return figures;
    }

    private static Figure connections(String with, int count, Bench bench, Application application) {
        long all = bench.statistics().connections(application.database());
        return new Figure(with + "connections, ten of the host's pool included", (double) all / count, "an instance");
    }

    /** One instance publishes as fast as it can, all send. */
    private static List<Figure> loaded(String with, double idle, Bench bench, Application application, Sizes sizes) {
        ServerStatistics statistics = bench.statistics();
        Duration told = sizes.window().multipliedBy(3).dividedBy(2); // by then, sessions at rest have told all they did
        AtomicInteger published = new AtomicInteger();
        long before = statistics.transactions(application.database());
        long start = System.nanoTime();
        double rate = Tax.flow(sizes, () -> publish(application, published.incrementAndGet()));
        Tax.awaitEmpty(application);
        double seconds = (System.nanoTime() - start) / 1e9;
        Idle.rest(told);
        double ours = statistics.transactions(application.database())
                - before
                - published.get()
                - idle * told.toMillis() / 1e3;
        return List.of(
                new Figure(with + "loaded: transactions that publish a message", rate, "a second"),
                new Figure(with + "loaded: transactions of all relays", Math.max(0, ours / seconds), "a second"));
    }

    private static void publish(Application application, int number) {
        String key = "key-" + number % Bench.KEYS;
        byte[] payload = Application.payload();
        application
                .transactions()
                .executeWithoutResult(status -> application.publisher().publish(application.topic(), key, payload));
    }

    private static List<Figure> drained(String with, Application application, Sizes sizes) {
        application.drain(sizes.smallBacklog(), Bench.KEYS); // warms up the new ones
        int messages = 2 * sizes.backlog();
        ProcessTimes before = ProcessTimes.now();
        double rate = application.drain(messages, Bench.KEYS);
        ProcessTimes used = ProcessTimes.now().minus(before);
        String unit = "microseconds of CPU a message";
        return List.of(
                new Figure(with + "a backlog is sent", rate, "messages a second"),
                new Figure(with + "a backlog is sent: all relays", used.ours() / messages, unit),
                new Figure(
                        with + "a backlog is sent: PostgreSQL, its filling included", used.postgres() / messages, unit),
                new Figure(with + "a backlog is sent: Kafka", used.kafka() / messages, unit));
    }
}
