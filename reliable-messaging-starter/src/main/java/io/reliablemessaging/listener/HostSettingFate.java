package io.reliablemessaging.listener;

/** The effect of an attribute of Spring Kafka on a listener of ours. */
sealed interface HostSettingFate {

    /** The attribute means the same as in Spring Kafka. */
    record Honoured() implements HostSettingFate {}

    /**
     * The application does not start with it.
     *
     * @param reason why, as the end of a sentence that begins with the attribute
     * @param wayOut what to write instead
     */
    record Refused(String reason, String wayOut) implements HostSettingFate {}

    /**
     * The attribute has no effect, which is logged once at start-up.
     *
     * @param instead what applies instead
     */
    record Ignored(String instead) implements HostSettingFate {}

    static HostSettingFate honoured() {
        return new Honoured();
    }

    static HostSettingFate refused(String reason, String wayOut) {
        return new Refused(reason, wayOut);
    }

    static HostSettingFate ignored(String instead) {
        return new Ignored(instead);
    }
}
