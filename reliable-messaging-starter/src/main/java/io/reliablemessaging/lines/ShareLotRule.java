package io.reliablemessaging.lines;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Decides how many members a listener has in its share group, and how many records each one acquires at once, its lot.
 *
 * <ol>
 *   <li>Two members acquire lots of many records, so that one has records in work while the other polls.
 *   <li>A member gets nothing new before its whole lot is acknowledged, and other instances cannot get what waits in a lot.
 *       So when a lot takes longer than a second, there is one member for each handler, with one record at a time.
 *   <li>When no record has taken that long for a while, and all lots together would be done within a second, lots are
 *       acquired again.
 * </ol>
 */
public final class ShareLotRule {

    /** The most records of a lot. */
    static final int LOT = 100;

    /** The longest time that a lot may take. */
    public static final Duration LONG = Duration.ofSeconds(1);

    static final Duration CALM = Duration.ofSeconds(10);
    private static final int MEMBERS = 2;

    private final int handlers;
    private final LongSupplier nanos;
    private boolean lots = true;
    private long since;
    private long handled;
    private long busy;

    /**
     * Starts with lots.
     *
     * @param handlers how many handlers may run at once
     * @param nanos a clock such as {@link System#nanoTime()}
     */
    public ShareLotRule(int handlers, LongSupplier nanos) {
        this.handlers = handlers;
        this.nanos = nanos;
    }

    /**
     * Returns the most records that a member acquires at once; 0 if the member is not needed.
     *
     * @param member its number, from 1 to the number of handlers
     */
    public synchronized int records(int member) {
        if (!lots && !isCalm()) {
            return 1;
        }
        return member <= MEMBERS ? LOT : 0;
    }

    /** Notes that a lot or a single record has taken longer than {@link #LONG}. */
    public synchronized void noteSlow() {
        lots = false;
        startAnew();
    }

    /** Notes that a single record was acknowledged after so many nanoseconds. */
    public synchronized void noteHandled(long took) {
        handled++;
        busy += took;
        if (!lots && isOver()) {
            lots = isCalm();
            startAnew();
        }
    }

    private boolean isOver() {
        return nanos.getAsLong() - since >= CALM.toNanos();
    }

    // after twice that time, the records that were handled are too old to count
    private boolean isCalm() {
        return isOver()
                && (handled == 0
                        || nanos.getAsLong() - since >= 2 * CALM.toNanos()
                        || busy / handled * LOT * MEMBERS / handlers < LONG.toNanos());
    }

    private void startAnew() {
        since = nanos.getAsLong();
        handled = 0;
        busy = 0;
    }
}
