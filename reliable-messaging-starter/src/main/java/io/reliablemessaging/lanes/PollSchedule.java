package io.reliablemessaging.lanes;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides how often the relay polls when no notice has announced messages. It polls seldom while LISTEN is known to
 * work: a notice to itself, sent with a renewal now and then, has come back. It would not come back through a pooler
 * that gives the session to other clients.
 *
 * <p>A busy owner reads all the time and needs no notices. Its row in {@code relay_instance} says that it is awake, and
 * while it says so the owner polls at a short interval.
 */
public final class PollSchedule {

    /** Poll interval for messages while LISTEN works: a lost notice delays a message for so long. */
    static final Duration WHILE_LISTENING = Duration.ofSeconds(2);

    /** Poll interval for delayed and released messages while LISTEN works. */
    static final Duration SLOW_INTERVAL = Duration.ofSeconds(10);

    private static final Duration AWAKE = Duration.ofMillis(30);
    private static final long PROVE_EVERY = Duration.ofSeconds(10).toNanos();

    // one or two proofs may be late
    private static final int PROOFS_VALID = 3;

    // readings with messages within a second from which constant polling pays
    private static final int MANY = 15;

    // with longer ones, it would poll constantly for long after its work
    private static final Duration LONGEST_BETWEEN_RENEWALS = Duration.ofSeconds(5);

    private final @Nullable String channel;
    private final Duration pollInterval;
    private final Duration renewedEvery;
    private final LongSupplier nanoTime;
    private final AtomicInteger found = new AtomicInteger();

    private long lastProof;
    private long lastAnnounced;
    private volatile boolean listening;
    private volatile long heardAt;
    private volatile boolean awake;
    private volatile boolean released;

    /**
     * The part of a renewal that tells how this instance is notified.
     *
     * @param channel channel that this instance listens on; null if LISTEN is not known to work
     * @param awake whether it polls without notices
     * @param proof channel for a notice to itself; null if none is due
     */
    record Announcement(
            @Nullable String channel,
            boolean awake,
            @Nullable String proof) {}

    /**
     * Creates the pacing of polls.
     *
     * @param channel channel of this instance; null if it must not listen
     * @param pollInterval poll interval while LISTEN is not known to work
     * @param renewedEvery time between two renewals
     */
    public PollSchedule(@Nullable String channel, Duration pollInterval, Duration renewedEvery, LongSupplier nanoTime) {
        this.channel = channel;
        this.pollInterval = pollInterval;
        this.renewedEvery = renewedEvery;
        this.nanoTime = nanoTime;
        this.lastAnnounced = nanoTime.getAsLong();
        this.lastProof = lastAnnounced - PROVE_EVERY;
    }

    @Nullable
    String channel() {
        return channel;
    }

    /** Notes that a notice on our channel has arrived. */
    void noteHeard() {
        heardAt = nanoTime.getAsLong();
        listening = true;
    }

    /** Notes that the listening connection is gone. */
    void noteConnectionLost() {
        listening = false;
    }

    /** Returns whether LISTEN is known to work. */
    public boolean isListening() {
        long valid = PROOFS_VALID * Math.max(PROVE_EVERY, renewedEvery.toNanos());
        return listening && nanoTime.getAsLong() - heardAt < valid;
    }

    /** Notes that a reading has found so many messages. */
    public void noteFound(int messages) {
        if (messages > 0) {
            found.incrementAndGet();
        }
    }

    /**
     * Prepares the announcement of the renewal that follows. Called on the renewal's thread, like {@link
     * #confirmAnnounced}.
     */
    Announcement prepareAnnouncement() {
        long now = nanoTime.getAsLong();
        boolean hearing = isListening();
        boolean proves = !hearing || now - lastProof >= PROVE_EVERY;
        long seconds = Math.max(1, Duration.ofNanos(now - lastAnnounced).toSeconds());
        boolean busy = found.getAndSet(0) >= MANY * seconds;
        boolean willBeAwake = hearing && busy && renewedEvery.compareTo(LONGEST_BETWEEN_RENEWALS) <= 0;
        if (willBeAwake) {
            awake = true; // before another instance can read it
        }
        return new Announcement(hearing ? channel : null, willBeAwake, proves ? channel : null);
    }

    /**
     * Notes that the renewal with this announcement was committed.
     *
     * @return whether to poll once more, for messages committed while the row still said that no notice was needed
     */
    boolean confirmAnnounced(Announcement announced) {
        lastAnnounced = nanoTime.getAsLong();
        if (announced.proof() != null) {
            lastProof = lastAnnounced;
        }
        boolean fallsAsleep = awake && !announced.awake();
        awake = announced.awake();
        return fallsAsleep;
    }

    /** Returns how long to wait for a wake-up before the next poll. */
    public Duration untilNextPoll() {
        if (awake) {
            return AWAKE.compareTo(pollInterval) < 0 ? AWAKE : pollInterval;
        }
        return isListening() && WHILE_LISTENING.compareTo(pollInterval) > 0 ? WHILE_LISTENING : pollInterval;
    }

    /**
     * Returns the poll interval for delayed and released messages: slow while LISTEN works, otherwise the given one.
     */
    public Duration slowIntervalOr(Duration otherwise) {
        return isListening() ? SLOW_INTERVAL : otherwise;
    }

    /** Notes whether there are released messages in quarantine. */
    public void noteReleased(boolean some) {
        if (some) {
            released = true;
        }
    }

    /** Returns whether messages in quarantine were released since the last call, and resets that. */
    public boolean takeReleased() {
        boolean taken = released;
        released = false;
        return taken;
    }
}
