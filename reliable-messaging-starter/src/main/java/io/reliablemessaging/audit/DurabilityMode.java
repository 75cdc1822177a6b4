package io.reliablemessaging.audit;

/** The reaction to settings that could lose messages. */
enum DurabilityMode {
    /** Refuse to start. */
    STRICT,
    /** Report them in the log. */
    WARN,
    /** Run no checks. */
    OFF
}
