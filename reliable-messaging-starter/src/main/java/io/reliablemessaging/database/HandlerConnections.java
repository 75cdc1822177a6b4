package io.reliablemessaging.database;

import java.util.List;

/** Tells how many connections the handlers of this application need. */
public interface HandlerConnections {

    /**
     * Returns how many connections handlers must leave to our own threads and to the host.
     *
     * @param relayUsesPool whether the relay takes its connections (reading; leases and deletes) from the same pool
     */
    static int leftToOthers(boolean relayUsesPool) {
        return relayUsesPool ? 4 : 2;
    }

    /** Returns how many connections of the pool the handlers of this application leave to others. */
    int leftToOthers();

    /** Returns what each listener of this instance needs. */
    List<Need> needs();

    /**
     * The connections that one listener needs.
     *
     * @param listener its id
     * @param concurrency how many messages it may handle at once
     * @param each how many connections one of its handlers uses at the same time
     */
    record Need(String listener, int concurrency, int each) {}
}
