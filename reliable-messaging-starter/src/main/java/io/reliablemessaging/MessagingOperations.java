package io.reliablemessaging;

import java.util.List;

/**
 * What waits, who works on it and what is wrong, over all stages; and where one message is. Everything that shows people
 * how messaging is reads it here: the actuator endpoint {@code reliablemessaging}, health, and whatever you build.
 */
public interface MessagingOperations {

    /**
     * How everything is now. Asks the database half a dozen short questions; none of them reads a whole table, so what is
     * many is counted up to a limit.
     */
    MessagingSnapshot snapshot();

    /**
     * What is wrong, as of some seconds ago, the gravest first; empty if nothing is. Asks nobody, so it answers at once
     * whatever is away.
     */
    List<Trouble> troubles();

    /** Where a message is: waiting, on its way, on Kafka; and what each group of this application has made of it. */
    MessageTrace trace(MessageId id);
}
