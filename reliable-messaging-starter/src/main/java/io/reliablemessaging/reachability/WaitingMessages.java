package io.reliablemessaging.reachability;

import java.util.OptionalLong;

/** Tells how many messages an outage holds up. Answers from memory, without I/O. */
public interface WaitingMessages {

    /** Returns how many messages wait, as last known; empty if that is not known. */
    OptionalLong waiting();

    /** Returns how many messages this instance has done since it started. */
    long done();

    /** Returns what happens to them after the outage, such as "sent". */
    String participle();
}
