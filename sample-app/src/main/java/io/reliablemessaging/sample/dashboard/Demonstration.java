package io.reliablemessaging.sample.dashboard;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Breaks things on purpose, so that a person can see what becomes of the messages. There is one only where the servers were started with
 * the sample, and belong to nobody else.
 */
interface Demonstration {

    /** Stops Kafka for 20 seconds. Returns at once; nothing happens if it is stopped already. */
    void stopKafka();

    /** When Kafka is started again; null while it runs. */
    @Nullable
    Instant kafkaBackAt();

    /**
     * Writes the latest record of the topic once more, as it is, so that each group is given it twice.
     *
     * @return its key
     * @throws IllegalStateException if there is none, or Kafka does not run
     */
    String deliverAgain();
}
