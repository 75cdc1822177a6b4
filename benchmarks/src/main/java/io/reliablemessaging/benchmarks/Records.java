package io.reliablemessaging.benchmarks;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.wire.WireHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
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
                Map.of("bootstrap.servers", bootstrapServers, "acks", "all", "linger.ms", 5),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (int number = 0; number < count; number++) {
                byte[] key = ("key-" + number % Bench.KEYS).getBytes(StandardCharsets.UTF_8);
                var unused = producer.send(new ProducerRecord<>(topic, null, null, key, PAYLOAD, headers(number)));
            }
            producer.flush();
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
