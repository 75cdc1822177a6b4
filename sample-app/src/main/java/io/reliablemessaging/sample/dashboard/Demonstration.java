package io.reliablemessaging.sample.dashboard;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Breaks things on purpose, so that a person can see what happens to the messages. Exists only if the servers were started together
 * with the sample and serve nothing else.
 */
interface Demonstration {

    /** Stops Kafka for 20 seconds. Returns at once; does nothing if it is stopped already. */
    void stopKafka();

    /** Returns when Kafka is started again; null while it runs. */
    @Nullable
    Instant kafkaBackAt();

    /**
     * Writes the latest record of the topic once more, unchanged, so that each group receives it twice.
     *
     * @return its key
     * @throws IllegalStateException if there is no record, or Kafka does not run
     */
    String deliverAgain();
}
