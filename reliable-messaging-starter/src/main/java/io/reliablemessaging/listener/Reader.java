package io.reliablemessaging.listener;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;

/** Reads the records of one listener until it is told to stop. */
interface Reader extends Runnable {

    /** Ends it: what runs may finish. */
    void stop();

    /** The partitions that are read here alone. */
    Set<TopicPartition> partitions();

    boolean isPaused();

    /** Messages of its partitions that are not handled yet, as of a moment ago; empty if that is not known. */
    OptionalLong lag();

    /** Why nothing can be read at the moment, though it tries again and again; empty if it can. */
    Optional<RuntimeException> trouble();

    /** Metrics of its Kafka clients, by their ids. */
    Map<String, Map<MetricName, ? extends Metric>> metrics();
}
