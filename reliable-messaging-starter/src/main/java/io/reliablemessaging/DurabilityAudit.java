package io.reliablemessaging;

import java.util.List;

/**
 * Checks producers, topics, brokers, consumers and PostgreSQL for settings that could lose messages: when the application starts
 * and every {@code reliable-messaging.durability.interval} from then on, unless {@code
 * reliable-messaging.durability.mode=off}.
 */
public interface DurabilityAudit {

    /** Returns the findings of the last check, the gravest first. Does no I/O. */
    List<Finding> findings();

    /** Checks again now, and returns the findings, the gravest first. Call it after a fix, for example. Waits for Kafka and PostgreSQL. */
    List<Finding> look();
}
