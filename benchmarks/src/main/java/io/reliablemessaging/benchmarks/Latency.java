package io.reliablemessaging.benchmarks;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaTemplate;

/**
 * How long from the start of a transaction's commit until a consumer has its message, at a steady 200 transactions a second,
 * against a direct send after the commit, which is fast and loses messages. Each transaction also inserts a row of its own.
 */
final class Latency implements Measurement {

    private static final int PER_SECOND = 200;
    private static final int THREADS = 4;

    /** A transaction with a message. */
    interface Transaction {
        void run(String key, byte[] payload, Runnable commitStarts);
    }

    @Override
    public List<Ratio> run(Bench bench, Sizes sizes) {
        double[] ours50 = new double[sizes.rounds()];
        double[] ours99 = new double[sizes.rounds()];
        double[] direct50 = new double[sizes.rounds()];
        double[] direct99 = new double[sizes.rounds()];
        int messages = messages(sizes);
        try (Application application = bench.application()) {
            var factory = producers(application);
            KafkaTemplate<byte[], byte[]> template = new KafkaTemplate<>(factory);
            for (int round = -1; round < sizes.rounds(); round++) { // the first one warms up
                double[] ours = measure(application, PER_SECOND, messages, outbox(application));
                double[] direct = measure(application, PER_SECOND, messages, direct(application, template));
                if (round >= 0) {
                    ours50[round] = percentile(ours, 0.50);
                    ours99[round] = percentile(ours, 0.99);
                    direct50[round] = percentile(direct, 0.50);
                    direct99[round] = percentile(direct, 0.99);
                }
            }
            factory.destroy();
        }
        return List.of(
                new Pairs(ours50, direct50).ratio("latency_p50", "microseconds"),
                new Pairs(ours99, direct99).ratio("latency_p99", "microseconds"));
    }

    /** Producers for direct sends. */
    static DefaultKafkaProducerFactory<byte[], byte[]> producers(Application application) {
        return new DefaultKafkaProducerFactory<>(
                Map.of("bootstrap.servers", application.bootstrapServers(), "linger.ms", 0, "acks", "all"),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /** The business transaction with a message. */
    static Transaction outbox(Application application) {
        JdbcTemplate jdbc = application.jdbc();
        var transactions = application.transactions();
        var publisher = application.publisher();
        return (key, payload, commitStarts) -> transactions.executeWithoutResult(status -> {
            insertOrder(jdbc);
            publisher.publish(application.topic(), key, payload);
            commitStarts.run();
        });
    }

    /** The business transaction, and a direct send after it. */
    static Transaction direct(Application application, KafkaTemplate<byte[], byte[]> template) {
        JdbcTemplate jdbc = application.jdbc();
        var transactions = application.transactions();
        return (key, payload, commitStarts) -> {
            transactions.executeWithoutResult(status -> {
                insertOrder(jdbc);
                commitStarts.run();
            });
            var unused = template.send(application.topic(), key.getBytes(StandardCharsets.UTF_8), payload);
        };
    }

    static void insertOrder(JdbcTemplate jdbc) {
        jdbc.update("insert into bench_order (text) values (?)", "one of something, to be sent to someone");
    }

    /** Microseconds of each message, at the usual rate. */
    static double[] measure(Application application, int messages, Transaction transaction) {
        return measure(application, PER_SECOND, messages, transaction);
    }

    /** Microseconds of each message. */
    @SuppressWarnings("try") // the consumer works beside us
    static double[] measure(Application application, int perSecond, int messages, Transaction transaction) {
        long[] started = new long[messages];
        long[] received = new long[messages];
        CountDownLatch left = new CountDownLatch(messages);
        try (Consumer consumer = new Consumer(application, record -> {
            int number = ByteBuffer.wrap(record.value()).getInt();
            if (received[number] == 0) {
                received[number] = System.nanoTime();
                left.countDown();
            }
        })) {
            long start = System.nanoTime() + Duration.ofMillis(50).toNanos();
            Threads.run(THREADS, thread -> {
                for (int number = thread; number < messages; number += THREADS) {
                    parkUntil(start + number * TimeUnit.SECONDS.toNanos(1) / perSecond);
                    int mine = number;
                    byte[] payload = Application.payload();
                    ByteBuffer.wrap(payload).putInt(mine);
                    transaction.run("key-" + mine % Bench.KEYS, payload, () -> started[mine] = System.nanoTime());
                }
            });
            if (!left.await(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException("%d of %d messages have not come".formatted(left.getCount(), messages));
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        double[] micros = new double[messages];
        Arrays.setAll(micros, number -> (received[number] - started[number]) / 1e3);
        return micros;
    }

    private static void parkUntil(long time) {
        for (long wait = time - System.nanoTime(); wait > 0; wait = time - System.nanoTime()) {
            LockSupport.parkNanos(wait);
        }
    }

    /** How many messages go into the window of one measurement. */
    static int messages(Sizes sizes) {
        return messages(sizes, PER_SECOND);
    }

    /** The same, at another rate. */
    static int messages(Sizes sizes, int perSecond) {
        return (int) Math.max(THREADS, sizes.window().toMillis() * perSecond / 1000 / THREADS * THREADS);
    }

    static double percentile(double[] values, double part) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) (sorted.length * part)];
    }
}
