package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;

/** Whatever the host sets for its own producer, the relay's keeps the promise. */
class RelayProducerTests {

    private static final Map<String, Object> HOSTILE = Map.ofEntries(
            Map.entry("bootstrap.servers", "localhost:1"),
            Map.entry("compression.type", "lz4"),
            Map.entry("acks", "0"),
            Map.entry("enable.idempotence", "false"),
            Map.entry("max.in.flight.requests.per.connection", "10"),
            Map.entry("retries", "0"),
            Map.entry("delivery.timeout.ms", "5"),
            Map.entry("request.timeout.ms", "2"),
            Map.entry("linger.ms", "60000"),
            Map.entry("max.block.ms", "3600000"),
            Map.entry("partitioner.ignore.keys", "true"),
            Map.entry("transactional.id", "host"),
            Map.entry("key.serializer", StringSerializer.class),
            Map.entry("value.serializer", StringSerializer.class.getName()));

    @Test
    void overridesAllThatBearsOnThePromise() {
        ProducerConfig config = parsed(RelayProducer.safe(HOSTILE, Duration.ofSeconds(6)));
        assertThat(config.getString("acks")).isEqualTo("-1");
        assertThat(config.getBoolean("enable.idempotence")).isTrue();
        assertThat(config.getInt("max.in.flight.requests.per.connection")).isEqualTo(1);
        assertThat(config.getInt("retries")).isEqualTo(Integer.MAX_VALUE);
        assertThat(config.getInt("delivery.timeout.ms")).isEqualTo(Integer.MAX_VALUE);
        assertThat(config.getLong("linger.ms")).isZero();
        assertThat(config.getLong("max.block.ms")).isEqualTo(2000);
        assertThat(config.getBoolean("partitioner.ignore.keys")).isFalse();
        assertThat(config.getString("transactional.id")).isNull();
    }

    @Test
    void keepsTheWayToTheClusterAndWhatIsHarmless() {
        ProducerConfig config = parsed(RelayProducer.safe(HOSTILE, Duration.ofSeconds(6)));
        assertThat(config.getList("bootstrap.servers")).containsExactly("localhost:1");
        assertThat(config.getString("compression.type")).isEqualTo("lz4");
    }

    @Test
    void leavesTheHostsOwnMapAsItIs() {
        Map<String, Object> host = new HashMap<>(HOSTILE);
        RelayProducer.safe(host, Duration.ofSeconds(6));
        assertThat(host).isEqualTo(HOSTILE);
    }

    @Test
    void kafkaTakesTheSettings() {
        Map<String, Object> config = RelayProducer.safe(HOSTILE, Duration.ofSeconds(6));
        try (var producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            assertThat(producer).isNotNull();
        }
    }

    private static ProducerConfig parsed(Map<String, Object> config) {
        Map<String, Object> all = new HashMap<>(config);
        all.put("key.serializer", ByteArraySerializer.class);
        all.put("value.serializer", ByteArraySerializer.class);
        return new ProducerConfig(all);
    }
}
