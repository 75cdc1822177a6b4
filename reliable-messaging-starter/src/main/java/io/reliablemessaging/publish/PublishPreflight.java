package io.reliablemessaging.publish;

import io.reliablemessaging.InvalidMessageException;
import io.reliablemessaging.wire.WireMessage;

/** Checks before a message is published whether its topic can ever take it. */
public interface PublishPreflight {

    /**
     * Checks a message. It passes, also if nothing is known of its topic.
     *
     * @throws InvalidMessageException if the broker would refuse it
     */
    void check(WireMessage message);
}
