package io.reliablemessaging.reachability;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether PostgreSQL or Kafka answers. Components that meet a failure report it ({@link #suspect}); a probe then asks
 * the server itself. The server is away if the probe gets no answer either, and back when it has answered the probe, never
 * because of silence. Serves only what people read: the delivery of messages does not depend on it.
 */
public final class Reachability {

    private static final long DISTURBED_NANOS = Duration.ofMinutes(1).toNanos();

    private final String name;
    private final Predicate<Throwable> list;
    private final LongSupplier nanoTime;
    private volatile @Nullable Away away;
    private volatile @Nullable String refusal;
    private volatile @Nullable WaitingMessages waiting;
    private volatile boolean suspected;
    private volatile boolean watched;
    private final AtomicLong asked = new AtomicLong();
    private volatile long answered;
    private volatile long disturbedUntil;
    private volatile long workedAt;

    /**
     * An outage that a probe has confirmed.
     *
     * @param since when it was first suspected
     * @param cause why the question failed
     */
    public record Away(Instant since, String cause) {}

    /**
     * Creates the state of a server that answers.
     *
     * @param name the name that people read
     * @param list tells whether a failure is a reason to ask the server
     */
    Reachability(String name, Predicate<Throwable> list, LongSupplier nanoTime) {
        this.name = name;
        this.list = list;
        this.nanoTime = nanoTime;
        this.disturbedUntil = nanoTime.getAsLong();
        this.workedAt = disturbedUntil - DISTURBED_NANOS;
    }

    /** Returns the name that people read. */
    public String name() {
        return name;
    }

    /**
     * Reports a failure. If an outage causes such failures, the server itself is asked soon.
     *
     * @return whether an outage causes such failures
     */
    public boolean suspect(Throwable failure) {
        boolean listed = isSuspicious(failure);
        if (listed) {
            suspected = true;
        }
        return listed;
    }

    /** Tells whether an outage causes such failures. */
    boolean isSuspicious(Throwable failure) {
        return list.test(failure);
    }

    /** Returns the present outage; empty if there is none. */
    public Optional<Away> away() {
        return Optional.ofNullable(away);
    }

    /** Tells whether there is an outage now. */
    public boolean isAway() {
        return away != null;
    }

    /** Returns the text with which the server refuses the login of this application; empty if it does not refuse. */
    public Optional<String> refusal() {
        return Optional.ofNullable(refusal);
    }

    /** Tells whether there is an outage or a refusal, or was until less than a minute ago: its effects may still show. */
    public boolean isDisturbed() {
        return isAway() || refusal != null || nanoTime.getAsLong() - disturbedUntil < 0;
    }

    /** Returns how many questions were asked. */
    long questions() {
        return asked.get();
    }

    /** Tells whether the server has answered a question that was asked after so many others. */
    boolean hasAnsweredSince(long asked) {
        return answered > asked;
    }

    /** Returns the number of the last question that was answered; it grows as long as questions are asked and answered. */
    public long lastAnswered() {
        return answered;
    }

    /** Notes that a component which uses the server all the time has just had an answer, so no question is needed for now. */
    public void noteUse() {
        workedAt = nanoTime.getAsLong();
    }

    /** Returns how many nanoseconds ago such a component last had an answer. */
    long sinceItWorked() {
        return nanoTime.getAsLong() - workedAt;
    }

    /** Has the server asked now and then, even without a suspicion, because a component depends on it. */
    public void watch() {
        watched = true;
    }

    /** Sets the source of how many messages wait during an outage. */
    public void setWaitingMessages(WaitingMessages messages) {
        waiting = messages;
    }

    @Nullable
    WaitingMessages waiting() {
        return waiting;
    }

    boolean isWatched() {
        return watched;
    }

    boolean isSuspected() {
        return suspected;
    }

    /** Notes that a question is about to be asked. Called by the probe only, like the methods below. */
    void noteQuestion() {
        asked.incrementAndGet();
    }

    void noteAnswer() {
        if (away != null || refusal != null) {
            disturbedUntil = nanoTime.getAsLong() + DISTURBED_NANOS;
        }
        suspected = false;
        away = null;
        refusal = null;
        answered = asked.get();
    }

    /** Notes that the server answers but refuses the login. */
    void noteRefusal(String what) {
        noteAnswer();
        refusal = what;
    }

    void suspect() {
        suspected = true;
    }

    void noteOutage(Instant since, String cause) {
        away = new Away(since, cause);
        refusal = null;
    }
}
