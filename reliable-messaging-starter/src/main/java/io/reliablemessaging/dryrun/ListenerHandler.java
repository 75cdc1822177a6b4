package io.reliablemessaging.dryrun;

import io.reliablemessaging.DryRun;
import io.reliablemessaging.wire.ReceivedMessage;
import java.util.Optional;
import java.util.Set;

/** The handler of a listener, for a person who wants to know what it would do with a message. */
public interface ListenerHandler {

    /** Returns the id of the listener. */
    String listener();

    /** Returns the names of headers that the id of a message may come from, besides ours. */
    Set<String> identityHeaders();

    /**
     * Converts and validates a message as the arguments of the handler, without calling it.
     *
     * @throws RuntimeException if the handler could not take the message
     */
    void check(ReceivedMessage message, int attempt);

    /** Returns why the handler is not called for a dry run now, and what to do; empty if it is. */
    Optional<String> refusal();

    /** Calls the handler in a transaction that is rolled back. Waits for a permit and for the handler, both within limits. */
    DryRun dryRun(ReceivedMessage message, int attempt);
}
