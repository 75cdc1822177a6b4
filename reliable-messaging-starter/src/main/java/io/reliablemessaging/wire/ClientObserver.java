package io.reliablemessaging.wire;

import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.springframework.beans.factory.ObjectProvider;

/** Is told of each of our Kafka clients that sends or reads messages. */
@FunctionalInterface
public interface ClientObserver {

    /** Does nothing. */
    ClientObserver NONE = (name, metrics) -> () -> {};

    /** Returns the application's observer, or one that does nothing. Does not create the bean before the first client is opened. */
    static ClientObserver of(ObjectProvider<ClientObserver> candidates) {
        return (name, metrics) -> candidates.getIfAvailable(() -> NONE).opened(name, metrics);
    }

    /**
     * Notes that a client was opened. Neither this method nor the returned action ever throws.
     *
     * @param name name of the client; a client that replaces it after an outage has the same name
     * @param metrics the client's metrics
     * @return an action to run when the client is closed, once or several times
     */
    Runnable opened(String name, Supplier<Map<MetricName, ? extends Metric>> metrics);
}
