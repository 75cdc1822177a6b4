package io.reliablemessaging.producer;

import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.wire.HostSettings;
import io.reliablemessaging.wire.KafkaConnection;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;

/**
 * Decides the settings of our producers, of the relay and of direct sending. Only the listed producer properties of the
 * host reach them; all settings that the promises depend on are ours. A partitioner could put a key's messages into
 * several partitions, and an interceptor could change messages.
 */
public class ProducerConfiguration {

    private static final Logger log = ReadableLogger.of(ProducerConfiguration.class);

    private static final int BATCH_BYTES = 128 * 1024;

    // As much as a producer's buffer holds by default. MessageEncoder limits publish and send to the host's own
    // max.request.size; a dead letter has the size that its topic took, and our headers.
    private static final int REQUEST_BYTES = 32 << 20;

    /** Allowed properties of the host, besides those of the connection: sizes and compression. */
    static final HostSettings ALLOWED = new HostSettings(
            Set.of(
                    "batch.size",
                    "buffer.memory",
                    "max.request.size",
                    "compression.type",
                    "compression.gzip.level",
                    "compression.lz4.level",
                    "compression.zstd.level"),
            ProducerConfig.configNames());

    static final int METADATA_IDLE_MILLIS = 300_000;

    /** Settings that the host cannot change. */
    static final Map<String, Object> OURS = Map.of(
            ProducerConfig.ACKS_CONFIG,
            "all",
            ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
            true,
            // with two, a failed batch lets the next one pass: A1 fails, A2 lands
            ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION,
            1,
            ProducerConfig.RETRIES_CONFIG,
            Integer.MAX_VALUE,
            // the row is stored until the broker answers, so there is no reason to give up
            ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
            Integer.MAX_VALUE,
            ProducerConfig.LINGER_MS_CONFIG,
            0,
            // TopicMetadata must know how long a producer caches a topic
            ProducerConfig.METADATA_MAX_IDLE_CONFIG,
            METADATA_IDLE_MILLIS,
            ProducerConfig.PARTITIONER_IGNORE_KEYS_CONFIG,
            false);

    // used by the starter, not by the producer: payloads are converted when they are published
    private static final Set<String> USED_ELSEWHERE =
            Set.of(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG);

    private final Map<String, Object> host;

    public ProducerConfiguration(Map<String, Object> host) {
        this.host = host;
    }

    /** Creates it from the host's settings, and logs the settings that our producers do not use. */
    static ProducerConfiguration of(KafkaConnection kafka) {
        Map<String, Object> host = kafka.producer();
        Set<String> leftOut = leftOut(host);
        if (!leftOut.isEmpty()) {
            log.info(
                    "The producers behind MessagePublisher and MessageSender do not use these of your producer properties: {}."
                            + " They could lose, repeat or reorder messages, or have no meaning here; your own producers are"
                            + " not affected",
                    String.join(", ", leftOut));
        }
        return new ProducerConfiguration(host);
    }

    /** Returns the properties that the host has set and our producers do not use. */
    static Set<String> leftOut(Map<String, Object> host) {
        // Spring Boot sets some by itself
        return ALLOWED.leftOut(host, new KafkaProperties().buildProducerProperties(), OURS, USED_ELSEWHERE);
    }

    /**
     * Returns the settings of a producer.
     *
     * @param limit how long a send may block at most
     */
    public Map<String, Object> within(Duration limit) {
        return safe(host, limit);
    }

    public static Map<String, Object> safe(Map<String, Object> host, Duration limit) {
        Map<String, Object> config = ALLOWED.allowed(host);
        config.putAll(OURS);
        config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Math.max(1, limit.toMillis()));
        // one request at a time: it carries the records that have gathered meanwhile
        config.putIfAbsent(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES);
        config.compute(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, (name, hosts) -> requestBytes(hosts));
        return config;
    }

    private static Object requestBytes(@Nullable Object hosts) {
        if (hosts == null) {
            return REQUEST_BYTES;
        }
        try {
            return Math.max(REQUEST_BYTES, Integer.parseInt(hosts.toString().strip()));
        } catch (NumberFormatException e) {
            return hosts; // Kafka reports what is wrong with it
        }
    }
}
