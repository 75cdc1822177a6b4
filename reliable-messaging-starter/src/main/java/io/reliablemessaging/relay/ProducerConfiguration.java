package io.reliablemessaging.relay;

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
 * Decides what our producers are told, that of the relay and that of direct sending. Of the host's producer properties only
 * those that are listed here reach them; ours stand in the place of all that bears on the promise. A partitioner could put a
 * key's messages into several partitions, and an interceptor could change them.
 */
class ProducerConfiguration {

    private static final Logger log = ReadableLogger.of(ProducerConfiguration.class);

    private static final int BATCH_BYTES = 128 * 1024;

    // As much as a producer's memory holds if nobody says otherwise. What publish and send take ends at the host's
    // own max.request.size, by MessageEncoder; a dead letter has the size that its topic took, and our headers.
    private static final int REQUEST_BYTES = 32 << 20;

    /** Besides the way to the cluster: how much goes at once, and how small it is made. */
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

    /** What is ours to say, whatever the host says. */
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
            // the row is there until the broker answers: there is nothing to give up for
            ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
            Integer.MAX_VALUE,
            ProducerConfig.LINGER_MS_CONFIG,
            0,
            // TopicMetadata has to know how long a producer remembers a topic
            ProducerConfig.METADATA_MAX_IDLE_CONFIG,
            METADATA_IDLE_MILLIS,
            ProducerConfig.PARTITIONER_IGNORE_KEYS_CONFIG,
            false);

    // read by us, not by the producer: payloads are converted when they are published
    private static final Set<String> USED_ELSEWHERE =
            Set.of(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG);

    private final Map<String, Object> host;

    ProducerConfiguration(Map<String, Object> host) {
        this.host = host;
    }

    /** Reads the host's settings, and says once which of them our producers do not get. */
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

    /** Names of properties that the host has set and that our producers do not get. */
    static Set<String> leftOut(Map<String, Object> host) {
        // Boot fills in some without being asked
        return ALLOWED.leftOut(host, new KafkaProperties().buildProducerProperties(), OURS, USED_ELSEWHERE);
    }

    /**
     * Settings of a producer whose sends may block for a third of this time at most.
     *
     * @param limit length of the lane lease, which a send may not outlive, or the time-out of a direct send
     */
    Map<String, Object> within(Duration limit) {
        return safe(host, limit);
    }

    static Map<String, Object> safe(Map<String, Object> host, Duration limit) {
        Map<String, Object> config = ALLOWED.allowed(host);
        config.putAll(OURS);
        config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Math.max(1, limit.toMillis() / 3));
        // one request at a time: let it carry what has gathered meanwhile
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
            return hosts; // Kafka says what is wrong with it
        }
    }
}
