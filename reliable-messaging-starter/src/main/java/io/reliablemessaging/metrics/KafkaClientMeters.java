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
 * Shows the metrics of our Kafka clients as Boot shows those of its own clients: {@code kafka.consumer.*} and
 * {@code kafka.producer.*}, with the same tags. Other tags are impossible: a registry like Prometheus refuses two meters
 * of one name with different tags, and the host's meters would be missing.
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
                // another client of the same name, opened before this one was closed, has lost its meters with it
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

        // a client works without its meters, too
        private void guarded(Runnable step) {
            try {
                step.run();
            } catch (RuntimeException | LinkageError e) {
                log.warn(
                        "The meters of Kafka client {} could not be changed; its metrics are incomplete until the next start",
                        name,
                        e);
            }
        }
    }

    /** Wraps any client's metrics as a consumer: Micrometer knows no share consumers, and calls nothing but {@code metrics()}. */
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
