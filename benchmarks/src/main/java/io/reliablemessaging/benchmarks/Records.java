package io.reliablemessaging.benchmarks;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.wire.WireHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * What listeners read.
 *
 * @param topic where
 * @param count how many
 */
record Records(String topic, int count) {

    private static final byte[] PAYLOAD =
            "{\"order\":\"%s\"}".formatted("x".repeat(285)).getBytes(StandardCharsets.UTF_8);

    /** Writes them as the relay would; the keys take turns. */
    static Records write(String bootstrapServers, String topic, int count) {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ProducerConfig.LINGER_MS_CONFIG,
                        5,
                        // to a topic this new, a batch can be refused while the one behind it is in flight: they then
                        // wait for each other
                        ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION,
                        1),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int number = 0; number < count; number++) {
                byte[] key = ("key-" + number % Bench.KEYS).getBytes(StandardCharsets.UTF_8);
                sent.add(producer.send(new ProducerRecord<>(topic, null, null, key, PAYLOAD, headers(number))));
            }
            for (Future<RecordMetadata> each : sent) {
                each.get();
            }
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException("Records for " + topic + " not written", e);
        }
        return new Records(topic, count);
    }

    // a message every millisecond, as if they had been published over a while
    private static Headers headers(int number) {
        Headers headers = new RecordHeaders();
        Instant now = Instant.now().plusMillis(number);
        WireHeaders.put(headers, WireHeaders.MESSAGE_ID, MessageId.at(now).toString());
        WireHeaders.put(headers, WireHeaders.PUBLISHED_AT, Long.toString(now.toEpochMilli()));
        return headers;
    }
}
