package io.reliablemessaging.reachability;

/** Asks the thing itself. May block, within bounds of its own. */
interface Question {

    /** What came of it. */
    sealed interface Answer {

        /** It has answered. */
        record There() implements Answer {}

        /**
         * It has answered that it does not let this application in.
         *
         * @param what what it says, and what to do
         */
        record Refused(String what) implements Answer {}

        /** It has not. */
        record Silent(String cause) implements Answer {}

        /** It could not be asked, which says nothing about it. */
        record Unknown(String cause) implements Answer {}
    }

    Answer ask();

    /**
     * Asks in another way, because the first one has no answer for long. May block, within bounds of its own.
     *
     * @param cause what a person reads if there is no other way
     */
    default Answer askOtherwise(String cause) {
        return new Answer.Silent(cause);
    }

    /** Whether a question that lasts for long means that nobody answers, although nobody has met a failure yet. */
    boolean meansSilence();

    /** What people read when it does not answer, such as where it was asked. */
    String where();

    /** No more questions. */
    void close();
}
