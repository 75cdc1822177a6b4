package io.reliablemessaging.database;

import java.util.List;

/** Tells how many connections the handlers of this application ask for. */
public interface HandlerConnections {

    /**
     * Connections that handlers leave to others, for what looks after listeners and for the host.
     *
     * @param relayUsesPool whether the relay's reader, and its leases and deletes, take theirs from the same pool
     */
    static int leftToOthers(boolean relayUsesPool) {
        return relayUsesPool ? 4 : 2;
    }

    /** Connections of the pool that the handlers of this application leave to others. */
    int leftToOthers();

    /** What each listener of this instance asks for. */
    List<Need> needs();

    /**
     * What one listener asks for.
     *
     * @param listener its id
     * @param concurrency how many messages it may handle at once
     * @param each how many connections one of its handlers uses at the same time
     */
    record Need(String listener, int concurrency, int each) {}
}
