package io.reliablemessaging.database;

import java.util.List;

/** Tells how many connections the handlers of this application ask for. */
public interface HandlerConnections {

    /** Connections that handlers leave to others: the relay's reader, its deleter, its lane keeper, and one for the host. */
    int LEFT_TO_OTHERS = 4;

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
