package io.reliablemessaging.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.wire.ClientObserver;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Shows what our Kafka clients tell of themselves as Boot shows it for those that it makes: {@code kafka.consumer.*} and
 * {@code kafka.producer.*}, with the same tags. Tags of their own would not do: a registry like Prometheus takes no two meters
 * of one name with different tags, and the host's would be missing.
 */
final class KafkaClientMeters implements ClientObserver {

    private static final Logger log = ReadableLogger.of(KafkaClientMeters.class);
    private static final String NAME_TAG = "spring.id";
    private static final String PREFIX = "reliable-messaging.";

    private final MeterRegistry registry;
    private final List<Client> open = new ArrayList<>();

    KafkaClientMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    @Override
    public Runnable opened(String name, Supplier<Map<MetricName, ? extends Metric>> metrics) {
        Client client = new Client(name, metrics);
        synchronized (open) {
            open.add(client);
            client.bind();
        }
        return () -> closed(client);
    }

    private void closed(Client client) {
        synchronized (open) {
            if (open.remove(client)) {
                client.unbind();
                // one that was opened before this one was closed has meters of the same ids, and they are gone
                open.stream().filter(other -> other.name.equals(client.name)).forEach(Client::rebind);
            }
        }
    }

    private final class Client {

        private final String name;
        private final Supplier<Map<MetricName, ? extends Metric>> metrics;
        private @Nullable KafkaClientMetrics meters;

        private Client(String name, Supplier<Map<MetricName, ? extends Metric>> metrics) {
            this.name = name;
            this.metrics = metrics;
        }

        private void bind() {
            guarded(() -> {
                meters = new KafkaClientMetrics(asConsumer(metrics), Tags.of(NAME_TAG, PREFIX + name));
                meters.bindTo(registry);
            });
        }

        private void unbind() {
            guarded(() -> {
                if (meters != null) {
                    meters.close();
                }
            });
        }

        private void rebind() {
            unbind();
            bind();
        }

        // a client works without its meters
        private void guarded(Runnable step) {
            try {
                step.run();
            } catch (RuntimeException | LinkageError e) {
                log.warn("The meters of Kafka client {} could not be changed", name, e);
            }
        }
    }

    /** Micrometer knows no share consumers. Of any client, it asks for the metrics and for nothing else. */
    private static Consumer<?, ?> asConsumer(Supplier<Map<MetricName, ? extends Metric>> metrics) {
        InvocationHandler answers = (proxy, method, arguments) -> {
            if (method.getName().equals("metrics")) {
                return metrics.get();
            }
            throw new UnsupportedOperationException(method.getName());
        };
        return (Consumer<?, ?>)
                Proxy.newProxyInstance(Consumer.class.getClassLoader(), new Class<?>[] {Consumer.class}, answers);
    }
}
