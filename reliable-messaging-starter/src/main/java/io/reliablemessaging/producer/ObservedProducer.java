package io.reliablemessaging.producer;

import io.reliablemessaging.wire.ClientObserver;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Publishes the metrics of a producer of bytes while the producer is open. */
public final class ObservedProducer extends KafkaProducer<byte[], byte[]> {

    private final Runnable closed;

    public ObservedProducer(Map<String, Object> config, String name, ClientObserver clients) {
        super(named(config, name), new ByteArraySerializer(), new ByteArraySerializer());
        this.closed = clients.opened(name, this::metrics);
    }

    // without a client id Kafka numbers the producers, and each new one would get its own meters
    private static Map<String, Object> named(Map<String, Object> config, String name) {
        Map<String, Object> named = new HashMap<>(config);
        named.putIfAbsent(ProducerConfig.CLIENT_ID_CONFIG, "reliable-messaging-" + name);
        return named;
    }

    @Override
    public void close(Duration limit) {
        try {
            super.close(limit);
        } finally {
            closed.run();
        }
    }
}
