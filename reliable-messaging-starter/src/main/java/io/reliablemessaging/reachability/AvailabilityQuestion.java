package io.reliablemessaging.reachability;

/** Asks a server whether it is there. May block, but only for a limited time. */
interface AvailabilityQuestion {

    /** The answer of a server. */
    sealed interface Answer {

        /** The server has answered. */
        record There() implements Answer {}

        /**
         * The server has answered that it does not let this application in.
         *
         * @param what what it says, and what to do
         */
        record Refused(String what) implements Answer {}

        /** The server has not answered. */
        record Silent(String cause) implements Answer {}

        /** The question could not be asked, which says nothing about the server. */
        record Unknown(String cause) implements Answer {}
    }

    Answer ask();

    /**
     * Asks in another way, because the first question has had no answer for long. May block, but only for a limited time.
     *
     * @param cause what people read if there is no other way
     */
    default Answer askOtherwise(String cause) {
        return new Answer.Silent(cause);
    }

    /** Tells whether a question without an answer means that the server is silent, although no failure was reported. */
    boolean meansSilence();

    /** Returns what people read if it does not answer, such as the address that was asked. */
    String where();

    /** Closes the client that asks. */
    void close();
}
