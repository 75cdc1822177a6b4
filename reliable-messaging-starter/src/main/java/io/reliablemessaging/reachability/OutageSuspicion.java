package io.reliablemessaging.reachability;

/**
 * Tells whether an outage explains the failures of one component. It does while it is on, and it may until PostgreSQL, or
 * Kafka, has answered a question that was asked after the failure. Fails again after that: it is something else. Of one thread.
 */
public final class OutageSuspicion {

    private final Infrastructure infrastructure;
    private boolean open;
    private long asked;

    public OutageSuspicion(Infrastructure infrastructure) {
        this.infrastructure = infrastructure;
    }

    /** Takes note of a failure, and returns whether an outage explains it, or may. */
    public boolean note(Throwable failure) {
        Reachability suspect = infrastructure.suspect(failure);
        if (suspect == null) {
            return false;
        }
        if (suspect.isAway()) {
            open = false; // the first failure after it may still come from it
            return true;
        }
        if (!open) {
            open = true;
            asked = suspect.asked();
        }
        return !suspect.hasAnsweredSince(asked);
    }

    /** It has worked: the next failure is another one. */
    public void worked() {
        open = false;
    }
}
