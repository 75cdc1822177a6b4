package io.reliablemessaging.relay;

import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.wire.ClientObserver;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;

/** Opens the relay's producers. */
class RelayProducers {

    private static final String NAME = "relay";

    private final Map<String, Object> config;
    private final ClientObserver clients;
    private final MessageTracing tracing;
    private final Runnable changed;

    /**
     * Makes it.
     *
     * @param changed called when a producer has closed itself, or knows more of a topic
     */
    RelayProducers(Map<String, Object> config, ClientObserver clients, MessageTracing tracing, Runnable changed) {
        this.config = config;
        this.clients = clients;
        this.tracing = tracing;
        this.changed = changed;
    }

    /** Opens one that sends what need not be alone. */
    RelayProducer open() {
        return new RelayProducer(open(config, NAME, clients), changed, tracing, this::partitions);
    }

    /** Opens one for rows that are sent alone, beside the other. */
    RelayProducer openForSuspects() {
        return new RelayProducer(another("suspects"), changed, tracing, this::partitions);
    }

    /**
     * Asks the cluster how many partitions a topic has now. One that is open answers from what it remembers, which may be
     * minutes old; so this is asked by a new one.
     */
    int partitions(String topic) {
        Producer<byte[], byte[]> asking = another("partitions");
        try {
            return asking.partitionsFor(topic).size();
        } finally {
            asking.close(Duration.ZERO);
        }
    }

    // Kafka says so, once for each, if two that are open are called alike; their metrics would mix
    private Producer<byte[], byte[]> another(String purpose) {
        Map<String, Object> named = new HashMap<>(config);
        named.computeIfPresent(ProducerConfig.CLIENT_ID_CONFIG, (name, hosts) -> hosts + "-" + purpose);
        return open(named, NAME + "-" + purpose, ClientObserver.NONE);
    }

    Producer<byte[], byte[]> open(Map<String, Object> named, String name, ClientObserver observer) {
        return new ObservedProducer(named, name, observer);
    }
}
