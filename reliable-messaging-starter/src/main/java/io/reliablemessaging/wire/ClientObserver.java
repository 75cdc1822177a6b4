package io.reliablemessaging.wire;

import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.springframework.beans.factory.ObjectProvider;

/** Is told of each Kafka client of ours that sends or reads messages. */
@FunctionalInterface
public interface ClientObserver {

    /** Does nothing. */
    ClientObserver NONE = (name, metrics) -> () -> {};

    /** The application's, if it has one. It is not asked for before the first client is opened. */
    static ClientObserver of(ObjectProvider<ClientObserver> candidates) {
        return (name, metrics) -> candidates.getIfAvailable(() -> NONE).opened(name, metrics);
    }

    /**
     * Notes that a client was opened. Neither this nor what it returns ever throws.
     *
     * @param name of the client; the same for the one that takes its place after an outage
     * @param metrics what the client tells of itself
     * @return is run when the client is closed, once or several times
     */
    Runnable opened(String name, Supplier<Map<MetricName, ? extends Metric>> metrics);
}
