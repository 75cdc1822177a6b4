package io.reliablemessaging.transaction;

/**
 * Thrown instead of a commit that PostgreSQL would have answered with a rollback. The handler has returned, but its work is
 * lost, and the message has failed.
 */
final class NotCommittedException extends RuntimeException {

    private static final String INSTEAD =
            " Let the exception out of the handler, or run what may fail in a transaction of"
                    + " its own (REQUIRES_NEW) or, with JDBC, under a savepoint (NESTED)";

    private NotCommittedException(String message) {
        super(message);
    }

    static NotCommittedException aborted() {
        return new NotCommittedException(
                "Nothing was committed: a statement failed, PostgreSQL aborted the transaction, and the handler returned as"
                        + " if nothing had happened." + INSTEAD);
    }

    static NotCommittedException over() {
        return new NotCommittedException(
                "The handler's transaction was over before the handler returned: commit, rollback,"
                        + " setAutoCommit or close was called on its connection. Work that was done in it may be lost. Leave its end to the"
                        + " listener; to undo a part of the work, use a savepoint");
    }

    static NotCommittedException marked() {
        return new NotCommittedException(
                "Nothing was committed: the transaction was marked for rollback, by setRollbackOnly or by an exception that"
                        + " left a @Transactional method and was caught by its caller." + INSTEAD);
    }
}
