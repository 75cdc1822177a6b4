package io.reliablemessaging.reachability;

/** Asks the thing itself. May block, within bounds of its own. */
interface Question {

    /** What came of it. */
    sealed interface Answer {

        /** It has answered, if only that it refuses. */
        record There() implements Answer {}

        /** It has not. */
        record Silent(String cause) implements Answer {}

        /** It could not be asked, which says nothing about it. */
        record Unknown(String cause) implements Answer {}
    }

    Answer ask();

    /** Whether a question that lasts for long means that nobody answers, although nobody has met a failure yet. */
    boolean meansSilence();

    /** What people read when it does not answer, such as where it was asked. */
    String where();

    /** No more questions. */
    void close();
}
