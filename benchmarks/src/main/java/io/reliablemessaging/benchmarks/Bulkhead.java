package io.reliablemessaging.benchmarks;

import io.reliablemessaging.test.KafkaCluster;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * The latency of a topic while another one takes nothing and many of its messages wait, against the same without those. Three
 * brokers of which one is dead, all the while: the one topic has its replicas on the living ones, the other misses its
 * {@code min.insync.replicas}.
 */
final class Bulkhead implements Measurement {

    private static final String HEALTHY = "healthy";
    private static final String STALLED = "stalled";
    private static final int DEAD = 2;
    private static final Duration LIMIT = Duration.ofMinutes(1);

    @Override
    public List<Ratio> run(Bench bench, Sizes sizes) {
        double[] stalled = new double[sizes.rounds()];
        double[] undisturbed = new double[sizes.rounds()];
        int waiting = 2 * sizes.backlog();
        try (KafkaCluster cluster = KafkaCluster.start(3)) {
            createTopics(cluster);
            String living = "%s,%s"
                    .formatted(
                            cluster.broker(0).bootstrapServer(),
                            cluster.broker(1).bootstrapServer());
            for (int round = -1; round < sizes.rounds(); round++) { // the first one warms up
                try (Application application = bench.application(living, HEALTHY)) {
                    double alone = p99(application, sizes);
                    application.leaveWaiting(STALLED, waiting);
                    double beside = p99(application, sizes);
                    requireStalled(application, waiting);
                    application.clear(); // or closing it would wait for what cannot be sent
                    if (round >= 0) {
                        undisturbed[round] = alone;
                        stalled[round] = beside;
                    }
                }
            }
        }
        return List.of(new Pairs(stalled, undisturbed).ratio("bulkhead_p99", "microseconds"));
    }

    private static double p99(Application application, Sizes sizes) {
        Latency.Transaction transaction = Latency.outbox(application);
        int messages = Latency.messages(sizes);
        double[] unused = Latency.measure(application, messages / 2, transaction);
        return Latency.percentile(Latency.measure(application, messages, transaction), 0.99);
    }

    private static void requireStalled(Application application, int rows) {
        long left = application.backlog();
        if (left < rows) {
            throw new IllegalStateException("Only %d of %d messages were waiting at the end".formatted(left, rows));
        }
    }

    private static void createTopics(KafkaCluster cluster) {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", cluster.bootstrapServers()))) {
            admin.createTopics(List.of(topic(HEALTHY, 2), topic(STALLED, 3)))
                    .all()
                    .get();
            cluster.broker(DEAD).kill();
            awaitDeath(admin);
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException("No topic that misses its replicas", e);
        }
    }

    /** Leaders on both living brokers; all replicas must have a message. */
    private static NewTopic topic(String name, int replicas) {
        Map<Integer, List<Integer>> assignment = new HashMap<>();
        for (int partition = 0; partition < Bench.PARTITIONS; partition++) {
            List<Integer> all = partition % 2 == 0 ? List.of(0, 1, DEAD) : List.of(1, 0, DEAD);
            assignment.put(partition, all.subList(0, replicas));
        }
        return new NewTopic(name, assignment).configs(Map.of("min.insync.replicas", String.valueOf(replicas)));
    }

    // until it is missed, the others wait for it, and with it whatever comes after on the same connection
    private static void awaitDeath(Admin admin) throws ExecutionException, InterruptedException {
        for (long end = System.nanoTime() + LIMIT.toNanos(); System.nanoTime() < end; ) {
            boolean missed = admin.describeTopics(List.of(STALLED)).allTopicNames().get().values().stream()
                    .flatMap(topic -> topic.partitions().stream())
                    .allMatch(partition ->
                            partition.isr().size() < partition.replicas().size());
            if (missed) {
                return;
            }
            LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
        }
        throw new IllegalStateException("Nobody misses the dead broker after " + LIMIT);
    }
}
