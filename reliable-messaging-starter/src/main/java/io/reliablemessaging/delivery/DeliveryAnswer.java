package io.reliablemessaging.delivery;

import java.time.Duration;

/** The answer of a delivery, one for each message: what happens next to the message and to the line that it waits in. */
public sealed interface DeliveryAnswer {

    /** Tells whether the handler was called and has answered, also with a failure: nothing that it needs is away. */
    boolean handlerAnswered();

    /** Calls the method of the case that this answer is. A new case does not compile until each caller handles it. */
    void on(Cases cases);

    /** Acts on an answer, with one method for each case. */
    interface Cases {

        void finished(Finished finished);

        void retryAfter(RetryAfter retry);

        void awaitOutage(AwaitOutage outage);
    }

    /**
     * The group has taken charge of the message, in a transaction that has committed. Its offset may be committed.
     *
     * @param duplicate whether the group had done so before this delivery
     */
    record Finished(boolean handlerAnswered, boolean duplicate) implements DeliveryAnswer {
        @Override
        public void on(Cases cases) {
            cases.finished(this);
        }
    }

    /** The message is delivered again after a delay, and its line waits. */
    record RetryAfter(Duration delay, boolean handlerAnswered) implements DeliveryAnswer {
        @Override
        public void on(Cases cases) {
            cases.retryAfter(this);
        }
    }

    /**
     * Something that the message needs is away. The message is delivered again at the end of the outage, and its line waits.
     *
     * @param missing what is away
     * @param cause the exception
     */
    record AwaitOutage(Missing missing, Throwable cause) implements DeliveryAnswer {
        @Override
        public boolean handlerAnswered() {
            return false;
        }

        @Override
        public void on(Cases cases) {
            cases.awaitOutage(this);
        }
    }

    /** The kinds of things that may be away. */
    enum Missing {
        /** Our database. */
        DATABASE,
        /** A connection of the pool: the pool is too small for the handlers that run at once, or the database is away. */
        CONNECTION,
        /** Something that the handler needs, such as another service. */
        DEPENDENCY
    }
}
