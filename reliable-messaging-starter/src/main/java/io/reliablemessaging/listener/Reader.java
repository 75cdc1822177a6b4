package io.reliablemessaging.listener;

import java.util.Map;
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

    /** Metrics of its Kafka clients, by their ids. */
    Map<String, Map<MetricName, ? extends Metric>> metrics();
}
