package io.reliablemessaging.listener;

/** The effect of an attribute of Spring Kafka on a listener of ours. */
sealed interface Fate {

    /** The attribute means the same as in Spring Kafka. */
    record Honoured() implements Fate {}

    /**
     * The application does not start with it.
     *
     * @param reason why, as the end of a sentence that begins with the attribute
     * @param wayOut what to write instead
     */
    record Refused(String reason, String wayOut) implements Fate {}

    /**
     * The attribute has no effect, which is logged once at start-up.
     *
     * @param instead what applies instead
     */
    record Ignored(String instead) implements Fate {}

    static Fate honoured() {
        return new Honoured();
    }

    static Fate refused(String reason, String wayOut) {
        return new Refused(reason, wayOut);
    }

    static Fate ignored(String instead) {
        return new Ignored(instead);
    }
}
