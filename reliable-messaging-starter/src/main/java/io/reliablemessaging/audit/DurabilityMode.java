package io.reliablemessaging.audit;

/** What to do about settings that could lose messages. */
enum DurabilityMode {
    /** Refuse to start. */
    STRICT,
    /** Report them in the log. */
    WARN,
    /** Do not look. */
    OFF
}
