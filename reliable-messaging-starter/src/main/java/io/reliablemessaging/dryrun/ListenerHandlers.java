package io.reliablemessaging.dryrun;

import java.util.Optional;

/** Finds the handlers of the listeners that this instance has, running or not. */
public interface ListenerHandlers {

    /** Finds the handler that takes the messages of a topic for a group; empty if this instance has none. */
    Optional<ListenerHandler> find(String group, String topic);
}
