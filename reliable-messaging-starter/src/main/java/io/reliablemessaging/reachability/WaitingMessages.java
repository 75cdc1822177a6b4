package io.reliablemessaging.reachability;

import java.util.OptionalLong;

/** Tells how many messages an outage holds up. Answers at once, from memory. */
public interface WaitingMessages {

    /** How many wait, as last known; empty if nobody knows. */
    OptionalLong waiting();

    /** How many this instance has done since it started. */
    long done();

    /** What is done to them once the outage is over, such as "sent". */
    String participle();
}
