package io.reliablemessaging.timing;

/**
 * Phases of Spring's {@code SmartLifecycle} in which our parts start, lowest first; they stop in the reverse order. Listeners start
 * at {@code Integer.MAX_VALUE - 100} and Spring Boot's web server at {@code Integer.MAX_VALUE - 2048}: messages are sent from
 * before the first of them has work until after the last has stopped.
 */
public final class StartPhases {

    /** Asks whether PostgreSQL and Kafka answer. */
    public static final int PROBES = Integer.MAX_VALUE - 6144;

    /** Counts failures; ends after everything that handles messages. */
    public static final int FAILURES = PROBES + 1;

    /** Creates topics and learns their ids. */
    public static final int TOPICS = Integer.MAX_VALUE - 5120;

    /** Checks durability, once topics exist and before anything is sent or handled. */
    public static final int AUDIT = Integer.MAX_VALUE - 5000;

    /** Sends the rows of the outbox. */
    public static final int RELAY = Integer.MAX_VALUE - 4096;

    /** Moves delayed messages to the outbox, once the relay can send them. */
    public static final int DELAYED = RELAY + 1;

    /** Reads which listeners are paused, before the first of them starts. */
    public static final int PAUSES = DELAYED + 1;

    private StartPhases() {}
}
