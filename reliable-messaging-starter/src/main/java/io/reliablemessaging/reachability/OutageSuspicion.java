package io.reliablemessaging.reachability;

/**
 * Decides whether an outage explains the failures of one component. It does while the outage lasts. It may until PostgreSQL or
 * Kafka has answered a question that was asked after the first failure; failures after that have another cause. Not thread-safe.
 */
public final class OutageSuspicion {

    private final Infrastructure infrastructure;
    private boolean open;
    private long asked;

    public OutageSuspicion(Infrastructure infrastructure) {
        this.infrastructure = infrastructure;
    }

    /** Notes a failure, and tells whether an outage explains it or may explain it. */
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
            asked = suspect.questions();
        }
        return !suspect.hasAnsweredSince(asked);
    }

    /** Notes that the component has worked: its next failure starts a new suspicion. */
    public void worked() {
        open = false;
    }
}
