package io.reliablemessaging.listener;

import io.reliablemessaging.wire.ClientObserver;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultShareConsumerFactory;
import org.springframework.kafka.core.ShareConsumerFactory;

/** Creates consumers of one group whose metrics are registered while they are open, each by its client id. */
final class ObservedConsumers
        implements ConsumerFactory.Listener<byte[], byte[]>, ShareConsumerFactory.Listener<byte[], byte[]> {

    private final String name;
    private final ClientObserver clients;
    private final Map<Object, Runnable> open = new ConcurrentHashMap<>();

    private ObservedConsumers(String group, Map<String, Object> config, ClientObserver clients) {
        this.name = group + "." + config.get(ConsumerConfig.CLIENT_ID_CONFIG);
        this.clients = clients;
    }

    /** Creates a factory of members of a consumer group. */
    static ConsumerFactory<byte[], byte[]> members(String group, Map<String, Object> config, ClientObserver clients) {
        DefaultKafkaConsumerFactory<byte[], byte[]> factory =
                new DefaultKafkaConsumerFactory<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        factory.addListener(new ObservedConsumers(group, config, clients));
        return factory;
    }

    /** Creates a member of a share group. */
    static ShareConsumer<byte[], byte[]> sharing(String group, Map<String, Object> config, ClientObserver clients) {
        DefaultShareConsumerFactory<byte[], byte[]> factory = new DefaultShareConsumerFactory<>(
                config, new ByteArrayDeserializer(), new ByteArrayDeserializer(), false);
        factory.addListener(new ObservedConsumers(group, config, clients));
        return factory.createShareConsumer(group, null);
    }

    @Override
    public void consumerAdded(String id, Consumer<byte[], byte[]> consumer) {
        opened(consumer, consumer::metrics);
    }

    @Override
    public void consumerRemoved(@Nullable String id, Consumer<byte[], byte[]> consumer) {
        closed(consumer);
    }

    @Override
    public void consumerAdded(String id, ShareConsumer<byte[], byte[]> consumer) {
        opened(consumer, consumer::metrics);
    }

    @Override
    public void consumerRemoved(@Nullable String id, ShareConsumer<byte[], byte[]> consumer) {
        closed(consumer);
    }

    private void opened(Object consumer, Supplier<Map<MetricName, ? extends Metric>> metrics) {
        open.put(consumer, clients.opened(name, metrics));
    }

    private void closed(Object consumer) {
        Runnable closed = open.remove(consumer);
        if (closed != null) {
            closed.run();
        }
    }
}
