package io.reliablemessaging.lanes;

import io.reliablemessaging.text.DurationText;
import io.reliablemessaging.text.LoggedFailure;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.timing.Backoff;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Decides whether this instance can send. If it cannot for longer than its patience, and another one can, it leaves its
 * lanes to the others and stands aside for a while, twice as long each time. Obstacles are a fixed list, and so are
 * proofs: without either, nothing is decided. Assessed with each renewal, by one thread.
 */
public final class SendingFitness {

    private static final Logger log = ReadableLogger.of(SendingFitness.class);
    static final Duration LONGEST = Duration.ofMinutes(10);

    // the relay retries every second: if an Error persists, it has occurred again by then
    private static final long RECENT = Duration.ofSeconds(5).toNanos();

    private final Duration patience;
    private final Supplier<@Nullable String> obstacles;
    private final LongSupplier proofs;
    private final Runnable beforeReturn;
    private final LongSupplier nanoTime;

    private long proofsBefore;
    private @Nullable String cause;
    private long since;
    private Backoff backoff;
    private boolean hasLeft;
    private long returnedAt;
    private long asideSince;
    private long asideUntil;
    private long askedToLeave;
    private volatile boolean mustLeave;
    private volatile @Nullable String whyAside;
    private volatile @Nullable Error lastError;
    private volatile long lastErrorAt;

    /**
     * What a renewal tells other instances, and asks them.
     *
     * @param sends whether this instance has shown that it can send since the last one
     * @param unfit age up to which another instance's proof is newer than this one's obstacle
     */
    record Report(boolean sends, Duration unfit) {}

    /**
     * Creates the state of an instance without obstacles or proofs.
     *
     * @param patience how long it may be unable to send before it leaves its lanes
     * @param obstacles returns what prevents it from sending now; null if nothing known does
     * @param proofs returns a number that grows with each proof that it can send
     * @param beforeReturn called before it takes lanes again, so that it sends at once
     */
    public SendingFitness(
            Duration patience,
            Supplier<@Nullable String> obstacles,
            LongSupplier proofs,
            Runnable beforeReturn,
            LongSupplier nanoTime) {
        this.patience = patience;
        this.backoff = Backoff.of(patience, LONGEST);
        this.obstacles = obstacles;
        this.proofs = proofs;
        this.beforeReturn = beforeReturn;
        this.nanoTime = nanoTime;
        this.proofsBefore = proofs.getAsLong();
    }

    /** Notes a failure of the sending thread. An Error that recurs is an obstacle. Called by any thread. */
    void noteFailure(Throwable thrown) {
        if (thrown instanceof Error error) {
            lastErrorAt = nanoTime.getAsLong();
            lastError = error;
        }
    }

    private @Nullable String findObstacle(long now) {
        String found = obstacles.get();
        Error error = lastError;
        if (found != null || error == null || now - lastErrorAt >= RECENT) {
            return found;
        }
        return "sending fails repeatedly: " + LoggedFailure.line(error);
    }

    /** Assesses obstacles and proofs. */
    Report assess() {
        long now = nanoTime.getAsLong();
        String found = findObstacle(now);
        if (found != null && cause == null) {
            since = now;
        }
        cause = found;
        long proofsNow = proofs.getAsLong();
        boolean proved = proofsNow != proofsBefore;
        proofsBefore = proofsNow;
        if (found != null) {
            // the others report a proof with their next renewal, at most a third of a lease later
            long unfit = now - since - patience.toNanos() / 2;
            return new Report(false, Duration.ofNanos(Math.max(0, unfit)));
        }
        return new Report(proved, Duration.ZERO);
    }

    /**
     * Returns true if the instance stays aside. Otherwise it returns: the time is over, and a broker has answered
     * since. That no outage is known is not enough. If it cannot be known, the instance returns after the longest time.
     */
    boolean stayAsideOrReturn(boolean brokersAreAway) {
        if (whyAside == null) {
            return false;
        }
        long now = nanoTime.getAsLong();
        boolean answered = proofs.getAsLong() != proofsBefore || now - asideSince >= LONGEST.toNanos();
        if (now - asideUntil < 0 || brokersAreAway || !answered) {
            return true;
        }
        beforeReturn.run();
        lastError = null;
        cause = null;
        proofsBefore = proofs.getAsLong();
        returnedAt = now;
        whyAside = null;
        log.info("This instance takes lanes again and tries to send");
        return false;
    }

    /** Decides whether to leave the lanes, given whether another instance has sent since this one cannot. */
    void noteOthers(boolean oneSends) {
        long now = nanoTime.getAsLong();
        boolean onTrial = hasLeft && now - returnedAt < 2 * patience.toNanos();
        boolean impatient = onTrial || now - since > patience.toNanos();
        boolean leaves = cause != null && impatient && oneSends;
        if (leaves && !mustLeave) {
            askedToLeave = now;
        }
        mustLeave = leaves;
    }

    /** Returns whether it must leave its lanes to the others. */
    boolean mustLeave() {
        return mustLeave;
    }

    /**
     * Returns whether the sending thread has not left the lanes for long, though it must: then the lease must run out.
     */
    boolean isLeaveOverdue() {
        return mustLeave && nanoTime.getAsLong() - askedToLeave > patience.toNanos();
    }

    /** Notes that the lanes were left, and starts the time aside. */
    void noteLeft() {
        long now = nanoTime.getAsLong();
        boolean again = hasLeft && now - returnedAt < LONGEST.toNanos();
        backoff = again ? backoff.doubled() : backoff.reset();
        Duration pause = backoff.delay();
        hasLeft = true;
        asideSince = now;
        asideUntil = now + pause.toNanos();
        proofsBefore = proofs.getAsLong();
        mustLeave = false;
        whyAside =
                ("It cannot send, and has left its lanes to other instances, which can: %s. It takes lanes again when a broker"
                                + " answers it, after %s at the earliest; if that fails, after twice as long, %s at most")
                        .formatted(cause, DurationText.of(pause), DurationText.of(LONGEST));
        log.warn(
                "This instance cannot send, but others can: {}. It leaves its lanes to them, and takes lanes again when a broker"
                        + " answers it, after {} at the earliest. Check its connection to Kafka and its configuration",
                cause,
                pause);
    }

    /** Returns why it stands aside; null if it does not. Called by any thread. */
    @Nullable
    String whyAside() {
        return whyAside;
    }
}
