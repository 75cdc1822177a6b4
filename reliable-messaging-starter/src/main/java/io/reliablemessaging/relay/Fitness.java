package io.reliablemessaging.relay;

import io.reliablemessaging.text.DurationText;
import io.reliablemessaging.text.LoggedFailure;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Whether this instance can send. If it cannot for longer than its patience, and another one can, it leaves its lanes to the
 * others and stands aside for a while, twice as long each time. What speaks against it is a list, and so is what speaks for
 * it: an instance of which nothing is known is neither. Looked at with each renewal, by one thread.
 */
final class Fitness {

    private static final Logger log = ReadableLogger.of(Fitness.class);
    static final Duration LONGEST = Duration.ofMinutes(10);

    // whoever sends fails again after little more than a second, if it does
    private static final long RECENT = Duration.ofSeconds(5).toNanos();

    private final Duration patience;
    private final Supplier<@Nullable String> against;
    private final LongSupplier proofs;
    private final Runnable comesBack;
    private final LongSupplier nanoTime;

    private long proofsBefore;
    private @Nullable String cause;
    private long since;
    private Duration pause = Duration.ZERO;
    private long cameBack;
    private long asideSince;
    private long asideUntil;
    private long askedToLeave;
    private volatile boolean isToLeave;
    private volatile @Nullable String aside;
    private volatile @Nullable Error met;
    private volatile long metAt;

    /**
     * What is told to the others, and asked of them, with a renewal.
     *
     * @param sends whether this instance has shown that it can send since the last one
     * @param unfit how long ago another one's proof may have been given to be later than what keeps this one from sending
     */
    record Report(boolean sends, Duration unfit) {}

    /**
     * Makes one that nothing is known of.
     *
     * @param patience how long it may be unable to send before it stands aside
     * @param against what keeps it from sending now; null if nothing that is known does
     * @param proofs a number that grows when something shows that it can send
     * @param comesBack called before it takes lanes again, so that it tries at once
     */
    Fitness(
            Duration patience,
            Supplier<@Nullable String> against,
            LongSupplier proofs,
            Runnable comesBack,
            LongSupplier nanoTime) {
        this.patience = patience;
        this.against = against;
        this.proofs = proofs;
        this.comesBack = comesBack;
        this.nanoTime = nanoTime;
        this.proofsBefore = proofs.getAsLong();
    }

    /** Whoever sends has failed. An Error that comes again and again keeps it from sending. Asked by anyone. */
    void failed(Throwable thrown) {
        if (thrown instanceof Error error) {
            metAt = nanoTime.getAsLong();
            met = error;
        }
    }

    private @Nullable String obstacle(long now) {
        String found = against.get();
        Error error = met;
        if (found != null || error == null || now - metAt >= RECENT) {
            return found;
        }
        return "sending fails again and again: " + LoggedFailure.line(error);
    }

    /** Looks at what is known now. */
    Report look() {
        long now = nanoTime.getAsLong();
        String found = obstacle(now);
        if (found != null && cause == null) {
            since = now;
        }
        cause = found;
        long proofsNow = proofs.getAsLong();
        boolean proved = proofsNow != proofsBefore;
        proofsBefore = proofsNow;
        if (found != null) {
            // the others tell of a proof with their next renewal, a third of a lease later at most
            long unfit = now - since - patience.toNanos() / 2;
            return new Report(false, Duration.ofNanos(Math.max(0, unfit)));
        }
        return new Report(proved, Duration.ZERO);
    }

    /**
     * Whether it is to take no lanes now. Ends the time aside when that is over and a broker has answered since: that no outage is
     * known does not mean that one does. While nobody can tell, it tries in the end.
     */
    boolean standsAside(boolean brokersAreAway) {
        if (aside == null) {
            return false;
        }
        long now = nanoTime.getAsLong();
        boolean answered = proofs.getAsLong() != proofsBefore || now - asideSince >= LONGEST.toNanos();
        if (now - asideUntil < 0 || brokersAreAway || !answered) {
            return true;
        }
        comesBack.run();
        met = null;
        cause = null;
        proofsBefore = proofs.getAsLong();
        cameBack = now;
        aside = null;
        log.info("This instance takes lanes again, to see whether it can send");
        return false;
    }

    /** Takes note of whether another instance has shown that it can send, since this one cannot. */
    void others(boolean oneSends) {
        long now = nanoTime.getAsLong();
        boolean onTrial = !pause.isZero() && now - cameBack < 2 * patience.toNanos();
        boolean impatient = onTrial || now - since > patience.toNanos();
        boolean leaves = cause != null && impatient && oneSends;
        if (leaves && !isToLeave) {
            askedToLeave = now;
        }
        isToLeave = leaves;
    }

    /** Whether its lanes are to be left to the others. */
    boolean isToLeave() {
        return isToLeave;
    }

    /** Whether whoever sends was asked to leave the lanes long ago and does not answer: then they must run out. */
    boolean isDeaf() {
        return isToLeave && nanoTime.getAsLong() - askedToLeave > patience.toNanos();
    }

    /** The lanes were left. */
    void left() {
        long now = nanoTime.getAsLong();
        boolean again = !pause.isZero() && now - cameBack < LONGEST.toNanos();
        Duration twice = pause.multipliedBy(2);
        pause = !again ? patience : twice.compareTo(LONGEST) > 0 ? LONGEST : twice;
        asideSince = now;
        asideUntil = now + pause.toNanos();
        proofsBefore = proofs.getAsLong();
        isToLeave = false;
        aside =
                ("It cannot send, and has left its lanes to other instances, which can: %s. It tries again when a broker"
                                + " answers it, after %s at the earliest; if that fails, after twice as long, %s at most")
                        .formatted(cause, DurationText.of(pause), DurationText.of(LONGEST));
        log.warn(
                "This instance cannot send, while others can: {}. It leaves its lanes to them, and tries again when a broker"
                        + " answers it, after {} at the earliest",
                cause,
                pause);
    }

    /** Why it stands aside; null if it does not. Asked by anyone. */
    @Nullable
    String aside() {
        return aside;
    }
}
