package io.reliablemessaging.listener;

/** What becomes of something that a host may say to Spring Kafka, for a listener of ours. */
sealed interface Fate {

    /** It means what it means to Spring Kafka. */
    record Honoured() implements Fate {}

    /**
     * The application does not start with it.
     *
     * @param reason why, as the end of a sentence that begins with the method
     * @param wayOut what to write instead
     */
    record Refused(String reason, String wayOut) implements Fate {}

    /**
     * It changes nothing, which is said once at start-up.
     *
     * @param instead what holds in its place
     */
    record Named(String instead) implements Fate {}

    static Fate honoured() {
        return new Honoured();
    }

    static Fate refused(String reason, String wayOut) {
        return new Refused(reason, wayOut);
    }

    static Fate named(String instead) {
        return new Named(instead);
    }
}
