package io.reliablemessaging.benchmarks;

import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.RedriveJob;
import io.reliablemessaging.RedriveJobs;
import io.reliablemessaging.RedriveRequest;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.wire.HeaderBytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * How long from the sending of a record to its handler, at 200 records a second, while a redrive job has ten times as many dead letters
 * of other keys handled as there is time for, against none. Both share the listener's handlers.
 */
final class RedriveBeside implements Measurement {

    private static final String ID = "beside";
    private static final int PER_SECOND = 200;
    private static final String LIVE = "live-";

    private static final String DEAD_LETTERS = """
            insert into reliable_messaging.parked_message (consumer_group, topic, message_id, source_partition,
                        source_offset, queue, key, value, headers, state, attempts, error_class, stack_trace)
            select ?, ?, uuidv7(), 0, 0, md5('dead-' || n)::uuid, convert_to('dead-' || n, 'UTF8'), '{}', ?, 'DEAD', 5, 'Exception', 'at'
              from generate_series(1, ?) n
            """;

    private static final String CLEAR =
            "truncate reliable_messaging.parked_message, reliable_messaging.parked_key, reliable_messaging.parked_failure,"
                    + " reliable_messaging.redrive_job, reliable_messaging.redrive_message";

    /** What is sent and not handled yet. */
    static final class Flight {

        private final long[] sent;
        private final long[] handled;
        private final CountDownLatch left;

        Flight(int messages) {
            sent = new long[messages];
            handled = new long[messages];
            left = new CountDownLatch(messages);
        }

        void arrived(int number) {
            handled[number] = System.nanoTime();
            left.countDown();
        }

        double[] micros() {
            double[] micros = new double[sent.length];
            Arrays.setAll(micros, number -> (handled[number] - sent[number]) / 1e3);
            return micros;
        }
    }

    static final class Listener extends Handlers.Listener {

        private final Work work;
        private volatile Flight flight = new Flight(0);

        Listener(String topic, String group, Work work) {
            super(ID, topic, group);
            this.work = work;
        }

        @ReliableListener(
                id = "#{__listener.id()}",
                topics = "#{__listener.topic()}",
                groupId = "#{__listener.group()}")
        void handle(String payload) {
            work.run(payload);
            if (payload.startsWith(LIVE)) {
                flight.arrived(Integer.parseInt(payload.substring(LIVE.length())));
            }
        }
    }

    @Override
    public List<Ratio> run(Bench bench, Sizes sizes) {
        double[][] beside = new double[2][sizes.rounds()];
        double[][] alone = new double[2][sizes.rounds()];
        try (Consuming application = bench.consuming()) {
            String topic = bench.topic(Bench.PARTITIONS);
            String group = application.newGroup(ID);
            Listener listener = new Listener(topic, group, application.work());
            application.begin(listener);
            try (KafkaProducer<byte[], byte[]> producer = producer(application)) {
                int messages = Latency.messages(sizes);
                for (int round = -1; round < sizes.rounds(); round++) { // the first one warms up
                    keep(alone, round, measure(listener, producer, messages));
                    RedriveJob job = redrive(application, listener, sizes.backlog());
                    keep(beside, round, measure(listener, producer, messages));
                    end(application, job);
                }
            } finally {
                application.end(ID);
            }
        }
        return List.of(
                new Pairs(beside[0], alone[0]).ratio("redrive_p50", "microseconds"),
                new Pairs(beside[1], alone[1]).ratio("redrive_p99", "microseconds"));
    }

    private static void keep(double[][] kept, int round, double[] micros) {
        if (round >= 0) {
            kept[0][round] = Latency.percentile(micros, 0.50);
            kept[1][round] = Latency.percentile(micros, 0.99);
        }
    }

    private static RedriveJob redrive(Consuming application, Listener listener, int deadLetters) {
        byte[] headers = HeaderBytes.encode(new RecordHeaders());
        application.jdbc().update(DEAD_LETTERS, listener.group(), listener.topic(), headers, deadLetters);
        application.jdbc().execute("checkpoint");
        return application
                .bean(RedriveJobs.class)
                .start(RedriveRequest.of(DeadLetterQuery.dead()), "to be measured", "benchmark");
    }

    private static void end(Consuming application, RedriveJob job) {
        RedriveJobs jobs = application.bean(RedriveJobs.class);
        RedriveJob now = jobs.get(job.id()).orElseThrow();
        while (now.succeeded() == 0
                && now.endedAt() == null) { // a short measurement may end before the first outcome is counted
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            now = jobs.get(job.id()).orElseThrow();
        }
        if (now.endedAt() == null) {
            jobs.cancel(job.id(), "it was measured", "benchmark");
        }
        while (jobs.get(job.id()).orElseThrow().open() > 0) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
        if (now.failed() > 0 || now.succeeded() == 0) {
            throw new IllegalStateException("The redrive has failed: " + now);
        }
        System.out.printf("  redrive: %,d of %,d were handled meanwhile%n", now.succeeded(), now.expected());
        application.jdbc().execute(CLEAR);
    }

    private static double[] measure(Listener listener, KafkaProducer<byte[], byte[]> producer, int messages) {
        Flight flight = new Flight(messages);
        listener.flight = flight;
        long start = System.nanoTime();
        for (int number = 0; number < messages; number++) {
            long due = start + number * TimeUnit.SECONDS.toNanos(1) / PER_SECOND;
            for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
                LockSupport.parkNanos(wait);
            }
            flight.sent[number] = System.nanoTime();
            var unused = producer.send(new ProducerRecord<>(
                    listener.topic(),
                    ("key-" + number % Bench.KEYS).getBytes(StandardCharsets.UTF_8),
                    (LIVE + number).getBytes(StandardCharsets.UTF_8)));
        }
        try {
            if (!flight.left.await(3, TimeUnit.MINUTES)) {
                throw new IllegalStateException(
                        "%d of %d records are not handled".formatted(flight.left.getCount(), messages));
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return flight.micros();
    }

    private static KafkaProducer<byte[], byte[]> producer(Consuming application) {
        return new KafkaProducer<>(
                Map.of("bootstrap.servers", application.bootstrapServers(), "linger.ms", 0, "acks", "all"),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }
}
