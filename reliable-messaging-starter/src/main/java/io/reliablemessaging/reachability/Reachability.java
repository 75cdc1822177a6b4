package io.reliablemessaging.reachability;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Knows whether one thing that everything needs, PostgreSQL or Kafka, answers. Whoever meets a failure says so
 * ({@link #suspect}); a probe asks the thing itself. It is away when the probe has met it too, and it is back when it has
 * answered, never because nobody asked for a while. For what people read: nothing that bears on the promise depends on it.
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
     * @param cause how the question has failed
     */
    public record Away(Instant since, String cause) {}

    /**
     * Makes one that is there.
     *
     * @param name as people call it
     * @param list whether a failure makes it worth asking
     */
    Reachability(String name, Predicate<Throwable> list, LongSupplier nanoTime) {
        this.name = name;
        this.list = list;
        this.nanoTime = nanoTime;
        this.disturbedUntil = nanoTime.getAsLong();
        this.workedAt = disturbedUntil - DISTURBED_NANOS;
    }

    /** As people call it. */
    public String name() {
        return name;
    }

    /**
     * Takes note of a failure. If it is one that an outage has, the thing itself is asked soon.
     *
     * @return whether it is such a failure
     */
    public boolean suspect(Throwable failure) {
        boolean listed = isSuspicious(failure);
        if (listed) {
            suspected = true;
        }
        return listed;
    }

    /** Whether a failure is one that an outage has. */
    boolean isSuspicious(Throwable failure) {
        return list.test(failure);
    }

    /** The outage that is on; empty while there is none. */
    public Optional<Away> away() {
        return Optional.ofNullable(away);
    }

    /** Whether an outage is on. */
    public boolean isAway() {
        return away != null;
    }

    /** How it says that it does not let this application in; empty if it does, or says nothing. */
    public Optional<String> refusal() {
        return Optional.ofNullable(refusal);
    }

    /** Whether an outage is on, or it refuses, or did so until less than a minute ago: what follows from it is still being met. */
    public boolean isDisturbed() {
        return isAway() || refusal != null || nanoTime.getAsLong() - disturbedUntil < 0;
    }

    /** How often the thing was asked. */
    long asked() {
        return asked.get();
    }

    /** Whether it has answered a question that was asked later than this many others. */
    boolean hasAnsweredSince(long asked) {
        return answered > asked;
    }

    /** Number of the last question that it has answered: it grows as long as somebody asks and it answers. */
    public long lastAnswered() {
        return answered;
    }

    /** Somebody who works with it all the time has just had an answer: there is no need to ask it for now. */
    public void works() {
        workedAt = nanoTime.getAsLong();
    }

    /** How long ago somebody has had an answer from it, of those who tell. */
    long sinceItWorked() {
        return nanoTime.getAsLong() - workedAt;
    }

    /** Somebody depends on it: it is asked now and then even if nobody suspects anything. */
    public void watch() {
        watched = true;
    }

    /** Tells what waits during an outage. */
    public void waiting(WaitingMessages messages) {
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

    /** It is about to be asked. Of the probe's thread, as those that follow. */
    void asking() {
        asked.incrementAndGet();
    }

    void answered() {
        if (away != null || refusal != null) {
            disturbedUntil = nanoTime.getAsLong() + DISTURBED_NANOS;
        }
        suspected = false;
        away = null;
        refusal = null;
        answered = asked.get();
    }

    /** It is there, and refuses. */
    void refused(String what) {
        answered();
        refusal = what;
    }

    void suspect() {
        suspected = true;
    }

    void missed(Instant since, String cause) {
        away = new Away(since, cause);
        refusal = null;
    }
}
