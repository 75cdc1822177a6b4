package io.reliablemessaging;

import java.util.List;

/**
 * Looks at producers, topics, brokers, consumers and PostgreSQL for what could lose messages: when the application starts
 * and every {@code reliable-messaging.durability.interval} from then on, unless {@code
 * reliable-messaging.durability.mode=off}.
 */
public interface DurabilityAudit {

    /** What the last look has found, the gravest first. */
    List<Finding> findings();

    /** Looks again now, and returns what it has found; after mending something, say. */
    List<Finding> look();
}
