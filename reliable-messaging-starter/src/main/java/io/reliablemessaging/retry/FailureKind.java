package io.reliablemessaging.retry;

/** The kind of a failure: of the message, or of something that its handling needs. {@link FailureJudge} decides it. */
public enum FailureKind {

    /** Two transactions conflicted; each would have succeeded alone. The transaction can run again. */
    CONFLICT,

    /** A database has closed its connections, refuses new ones or does not answer. */
    DATABASE_AWAY,

    /** A connection pool had no connection to give within its time-out. The database may be fine. */
    POOL_EXHAUSTED,

    /** The transaction lasted too long: the database or Spring has ended it. */
    TRANSACTION_TIMEOUT,

    /** Anything else: it belongs to the message. */
    OTHER
}
