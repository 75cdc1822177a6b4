package io.reliablemessaging.dryrun;

import org.jspecify.annotations.Nullable;

/**
 * Guards the dry run of a handler on its thread: what the rollback would not undo asks here and is refused, before it is done.
 * Cannot see other threads. For one thread.
 */
public final class DryRunGuard {

    private static final ThreadLocal<@Nullable DryRunGuard> CURRENT = new ThreadLocal<>();

    private @Nullable String refusal;
    private int published;
    private boolean decided;

    /** Begins to guard this thread. The transaction of the dry run must have begun. */
    public void begin() {
        CURRENT.set(this);
    }

    /** Ends to guard this thread. The transaction of the dry run must have ended. */
    public static void end() {
        CURRENT.remove();
    }

    /** Tells whether this thread is in a dry run. */
    public static boolean isActive() {
        return CURRENT.get() != null;
    }

    /**
     * Refuses something if this thread is in a dry run; otherwise does nothing.
     *
     * @param reason what is refused, and what to do
     * @throws DryRunRefusedException if this thread is in a dry run
     */
    public static void refuse(String reason) {
        DryRunGuard guard = CURRENT.get();
        if (guard != null) {
            throw guard.refusing(reason);
        }
    }

    /** Notes how many messages the transaction of this thread has published, if it is in a dry run. */
    public static void notePublished(int messages) {
        DryRunGuard guard = CURRENT.get();
        if (guard != null) {
            guard.published = messages;
        }
    }

    private DryRunRefusedException refusing(String reason) {
        if (refusal == null && !decided) {
            refusal = reason;
        }
        return new DryRunRefusedException(reason);
    }

    /** Ends to note refusals: only the rollback follows, and what it calls would not be called after a commit. */
    public void decide() {
        decided = true;
    }

    /**
     * Checks that nothing was refused, whatever the handler did with the exception.
     *
     * @throws DryRunRefusedException if something was
     */
    public void requireNoRefusal() {
        if (refusal != null) {
            throw new DryRunRefusedException(refusal);
        }
    }

    /** Returns how many messages would have been published. */
    public int published() {
        return published;
    }
}
