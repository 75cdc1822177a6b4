package io.reliablemessaging.producer;

import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.wire.ClientObserver;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;

/** Opens the relay's producers. */
public class RelayProducers {

    private static final String NAME = "relay";

    private final Map<String, Object> config;
    private final ClientObserver clients;
    private final MessageTracing tracing;
    private final Runnable changed;

    /**
     * Creates it.
     *
     * @param changed called when a producer has closed itself, or knows more of a topic
     */
    public RelayProducers(
            Map<String, Object> config, ClientObserver clients, MessageTracing tracing, Runnable changed) {
        this.config = config;
        this.clients = clients;
        this.tracing = tracing;
        this.changed = changed;
    }

    /** Opens the producer for rows that need not be sent alone. */
    public RelayProducer open() {
        return new RelayProducer(open(config, NAME, clients), changed, tracing, this::askPartitions);
    }

    /** Opens the producer for suspects, which is used beside the other. */
    public RelayProducer openForSuspects() {
        return new RelayProducer(openNamed("suspects"), changed, tracing, this::askPartitions);
    }

    /**
     * Asks the cluster for a topic's current number of partitions. An open producer answers from its cache, which may
     * be minutes old, so this opens a new one.
     */
    int askPartitions(String topic) {
        Producer<byte[], byte[]> asking = openNamed("partitions");
        try {
            return asking.partitionsFor(topic).size();
        } finally {
            asking.close(Duration.ZERO);
        }
    }

    // Kafka warns if two open clients have the same id, and their metrics would mix
    private Producer<byte[], byte[]> openNamed(String purpose) {
        Map<String, Object> named = new HashMap<>(config);
        named.computeIfPresent(ProducerConfig.CLIENT_ID_CONFIG, (name, hosts) -> hosts + "-" + purpose);
        return open(named, NAME + "-" + purpose, ClientObserver.NONE);
    }

    public Producer<byte[], byte[]> open(Map<String, Object> named, String name, ClientObserver observer) {
        return new ObservedProducer(named, name, observer);
    }
}
