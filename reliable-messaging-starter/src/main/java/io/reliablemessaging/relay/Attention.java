package io.reliablemessaging.relay;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How often the relay looks when nothing has announced messages. Seldom, while LISTEN is known to work: a notice to itself,
 * which goes out with a renewal now and then, has come back. A pooler that gives its session to others would not let it.
 *
 * <p>An owner that is at work reads again and again, and is not told of messages: its row says that it is awake, and for as
 * long as it says so it looks all the time.
 */
final class Attention {

    /** How long messages may lie that nothing has announced, while LISTEN works. */
    static final Duration WHILE_HEARING = Duration.ofSeconds(2);

    /** What else may lie that nothing has announced: what is delayed, or released. */
    static final Duration SELDOM = Duration.ofSeconds(10);

    private static final Duration AWAKE = Duration.ofMillis(30);
    private static final long PROVE_EVERY = Duration.ofSeconds(10).toNanos();

    // a proof, or two, may be late
    private static final int PROOFS = 3;

    // readings with messages within a second that make it pay to look all the time
    private static final int MANY = 15;

    // beyond, it would look all the time for long after its work
    private static final Duration LONGEST_BETWEEN_RENEWALS = Duration.ofSeconds(5);

    private final @Nullable String channel;
    private final Duration pollInterval;
    private final Duration renewedEvery;
    private final LongSupplier nanoTime;
    private final AtomicInteger found = new AtomicInteger();

    private long lastProof;
    private long lastWord;
    private volatile boolean hears;
    private volatile long heardAt;
    private volatile boolean awake;
    private volatile boolean released;

    /**
     * What is said with a renewal.
     *
     * @param channel where this instance hears; null if it is not known to hear
     * @param awake whether it looks without being told
     * @param proof the channel on which to say something to itself; null if that is not due
     */
    record Word(
            @Nullable String channel,
            boolean awake,
            @Nullable String proof) {}

    /**
     * Makes one.
     *
     * @param channel where this instance is to hear notices; null if it is not to
     * @param pollInterval how often to look while it does not
     * @param renewedEvery how often a word can be said
     */
    Attention(@Nullable String channel, Duration pollInterval, Duration renewedEvery, LongSupplier nanoTime) {
        this.channel = channel;
        this.pollInterval = pollInterval;
        this.renewedEvery = renewedEvery;
        this.nanoTime = nanoTime;
        this.lastWord = nanoTime.getAsLong();
        this.lastProof = lastWord - PROVE_EVERY;
    }

    @Nullable
    String channel() {
        return channel;
    }

    /** A notice on our channel was heard. */
    void heard() {
        heardAt = nanoTime.getAsLong();
        hears = true;
    }

    /** The connection that listens is gone. */
    void lost() {
        hears = false;
    }

    /** Whether LISTEN is known to work. */
    boolean hears() {
        long valid = PROOFS * Math.max(PROVE_EVERY, renewedEvery.toNanos());
        return hears && nanoTime.getAsLong() - heardAt < valid;
    }

    /** A reading has found so many messages. */
    void found(int messages) {
        if (messages > 0) {
            found.incrementAndGet();
        }
    }

    /** The word for a renewal that is about to go out. Of the renewal's thread, as {@link #said}. */
    Word word() {
        long now = nanoTime.getAsLong();
        boolean hearing = hears();
        boolean proves = !hearing || now - lastProof >= PROVE_EVERY;
        long seconds = Math.max(1, Duration.ofNanos(now - lastWord).toSeconds());
        boolean busy = found.getAndSet(0) >= MANY * seconds;
        boolean willBeAwake = hearing && busy && renewedEvery.compareTo(LONGEST_BETWEEN_RENEWALS) <= 0;
        if (willBeAwake) {
            awake = true; // before anybody can read it
        }
        return new Word(hearing ? channel : null, willBeAwake, proves ? channel : null);
    }

    /**
     * The renewal has been committed.
     *
     * @return whether it is to be looked once more, for what was committed while the row still said that nobody need tell
     */
    boolean said(Word word) {
        lastWord = nanoTime.getAsLong();
        if (word.proof() != null) {
            lastProof = lastWord;
        }
        boolean fallsAsleep = awake && !word.awake();
        awake = word.awake();
        return fallsAsleep;
    }

    /** How long to wait for a wake-up before looking without one. */
    Duration untilNextLook() {
        if (awake) {
            return AWAKE.compareTo(pollInterval) < 0 ? AWAKE : pollInterval;
        }
        return hears() && WHILE_HEARING.compareTo(pollInterval) > 0 ? WHILE_HEARING : pollInterval;
    }

    /** How long to wait before looking for what nothing announces in time. */
    Duration seldom(Duration otherwise) {
        return hears() ? SELDOM : otherwise;
    }

    /** Takes note of whether messages in quarantine are released. */
    void released(boolean some) {
        if (some) {
            released = true;
        }
    }

    /** Whether messages in quarantine were released since this was last asked. */
    boolean takeReleased() {
        boolean was = released;
        released = false;
        return was;
    }
}
