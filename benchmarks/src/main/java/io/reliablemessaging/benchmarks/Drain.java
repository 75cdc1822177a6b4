package io.reliablemessaging.benchmarks;

import io.reliablemessaging.wire.HeaderBytes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A backlog, against two limits of what any relay could do. With both, a cursor reads the same rows in the same order and a
 * producer sends them; nothing is deleted, no lane is owned, nothing could be restarted. The producer of the first one has the
 * relay's settings. That of the second one has five requests under way at once and waits for batches to fill, which no relay
 * may do that keeps the order of keys after a refusal: it is what the machine can do.
 */
final class Drain implements Measurement {

    private static final String LIMIT_TABLE = "bench_limit";

    private static final Map<String, Object> AS_THE_RELAY =
            Map.of("max.in.flight.requests.per.connection", 1, "linger.ms", 0);
    private static final Map<String, Object> PIPELINED =
            Map.of("max.in.flight.requests.per.connection", 5, "linger.ms", 5);

    @Override
    public List<Ratio> run(Bench bench, Sizes sizes) {
        try (Application application = bench.application()) {
            application
                    .jdbc()
                    .execute("create table %s (like %s including all)".formatted(LIMIT_TABLE, Application.OUTBOX));
            List<Double> pipelined = new ArrayList<>();
            Pairs pairs = Pairs.measure(
                    sizes.rounds() + 2, // short ones
                    () -> application.drain(sizes.backlog(), Bench.KEYS),
                    () -> {
                        pipelined.add(limit(application, sizes.backlog(), PIPELINED));
                        return limit(application, sizes.backlog(), AS_THE_RELAY);
                    });
            double[] theirs =
                    pipelined.stream().skip(1).mapToDouble(rate -> rate).toArray(); // the first one warms up
            return List.of(
                    pairs.ratio("drain", "messages/s"),
                    new Pairs(pairs.ours(), theirs).ratio("drain_pipelined", "messages/s"));
        }
    }

    private static double limit(Application application, int rows, Map<String, Object> settings) {
        application.jdbc().execute("truncate " + LIMIT_TABLE);
        application.insert(LIMIT_TABLE, rows, Bench.KEYS);
        AtomicInteger acknowledged = new AtomicInteger();
        try (Connection connection = application.connect();
                KafkaProducer<byte[], byte[]> producer = producer(application, settings)) {
            producer.partitionsFor(application.topic()); // connected, as the relay is
            long start = System.nanoTime();
            readAndSend(connection, producer, acknowledged);
            producer.flush();
            double rate = Application.perSecond(rows, start, System.nanoTime());
            if (acknowledged.get() != rows) {
                throw new IllegalStateException("%d of %d acknowledged".formatted(acknowledged.get(), rows));
            }
            return rate;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void readAndSend(
            Connection connection, KafkaProducer<byte[], byte[]> producer, AtomicInteger acknowledged)
            throws SQLException {
        connection.setAutoCommit(false); // or there would be no cursor
        try (PreparedStatement select = connection.prepareStatement(
                "select topic, partition, key, value, headers from %s order by lane, id".formatted(LIMIT_TABLE))) {
            select.setFetchSize(2_000);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    var unused = producer.send(record(row), (metadata, failure) -> {
                        if (failure == null) {
                            acknowledged.incrementAndGet();
                        }
                    });
                }
            }
        }
    }

    private static ProducerRecord<byte[], byte[]> record(ResultSet row) throws SQLException {
        return new ProducerRecord<>(
                row.getString(1),
                row.getObject(2, Integer.class),
                null,
                row.getBytes(3),
                row.getBytes(4),
                HeaderBytes.decode(row.getBytes(5)));
    }

    private static KafkaProducer<byte[], byte[]> producer(Application application, Map<String, Object> settings) {
        Map<String, Object> config = new HashMap<>(settings);
        config.put("bootstrap.servers", application.bootstrapServers());
        config.put("acks", "all");
        config.put("enable.idempotence", true);
        config.put("batch.size", 128 * 1024);
        return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    }
}
