package io.reliablemessaging.delivery;

import java.time.Duration;

/** What a delivery answers, once for each message: what is to become of the message and of the line that it waits in. */
public sealed interface Answer {

    /** Whether the handler was called and has answered, be it with a failure: nothing that it needs is away. */
    boolean handlerAnswered();

    /**
     * The group has taken charge of the message, in a transaction that has committed. Its offset may be committed.
     *
     * @param duplicate whether that was so before this delivery
     */
    record Finished(boolean handlerAnswered, boolean duplicate) implements Answer {}

    /** The message is delivered again after a while, and its line waits. */
    record AgainAfter(Duration delay, boolean handlerAnswered) implements Answer {}

    /**
     * Something is away that the message needs. It is delivered again when that is back, and its line waits.
     *
     * @param missing what is away
     * @param cause what was thrown
     */
    record Held(Missing missing, Throwable cause) implements Answer {
        @Override
        public boolean handlerAnswered() {
            return false;
        }
    }

    /** What may be away. */
    enum Missing {
        /** Our database. */
        DATABASE,
        /** A connection of the pool: there are too few for what handlers use at once, or the database is away. */
        CONNECTION,
        /** Something that the handler needs, another service for example. */
        DEPENDENCY
    }
}
