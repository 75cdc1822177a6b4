package io.reliablemessaging.retry;

/** Says what a failure is about: the message, or what its handling needs. {@link FailureJudge} decides which one it is. */
public enum FailureKind {

    /** Two transactions met; each would have succeeded alone. Run it again. */
    CONFLICT,

    /** A database has closed its connections, refuses new ones or does not answer. */
    DATABASE_AWAY,

    /** A connection pool had no connection to give within its time-out. The database may be well. */
    POOL_EXHAUSTED,

    /** The transaction lasted longer than it may: the database or Spring has ended it. */
    TRANSACTION_TIMEOUT,

    /** Anything else: it belongs to the message. */
    OTHER
}
