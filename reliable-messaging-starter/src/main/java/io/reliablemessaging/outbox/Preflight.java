package io.reliablemessaging.outbox;

import io.reliablemessaging.InvalidMessageException;
import io.reliablemessaging.wire.WireMessage;

/** Knows of a message that is about to be published whether its topic would ever take it. */
public interface Preflight {

    /**
     * Lets a message pass, also if nothing is known of its topic.
     *
     * @throws InvalidMessageException if the broker would refuse it
     */
    void check(WireMessage message);
}
