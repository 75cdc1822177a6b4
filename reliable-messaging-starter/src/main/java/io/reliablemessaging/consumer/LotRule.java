package io.reliablemessaging.consumer;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Decides how many members a listener has in its share group, and how many records each borrows at once.
 *
 * <ol>
 *   <li>Two members borrow lots, so that one has records in work while the other asks for more.
 *   <li>A member gets nothing new before its whole lot is answered, and what waits in a lot is kept from other instances. So
 *       when a lot is not done within a second, there is a member for each handler, with one record.
 *   <li>When no record has taken that long for a while, and all lots together would be done in it, lots are borrowed again.
 * </ol>
 */
final class LotRule {

    /** Most records of a lot. */
    static final int LOT = 100;

    /** How long a lot may take. */
    static final Duration LONG = Duration.ofSeconds(1);

    static final Duration CALM = Duration.ofSeconds(10);
    private static final int MEMBERS = 2;

    private final int handlers;
    private final LongSupplier nanos;
    private boolean lots = true;
    private long since;
    private long handled;
    private long busy;

    /**
     * Begins with lots.
     *
     * @param handlers how many may run at once
     * @param nanos tells the time, as {@link System#nanoTime()} does
     */
    LotRule(int handlers, LongSupplier nanos) {
        this.handlers = handlers;
        this.nanos = nanos;
    }

    /**
     * Most records that a member borrows at once; 0 if it is not needed.
     *
     * @param member its number, from 1 on, at most one for each handler
     */
    synchronized int records(int member) {
        if (!lots && !isCalm()) {
            return 1;
        }
        return member <= MEMBERS ? LOT : 0;
    }

    /** A lot, or a single record, is not done within {@link #LONG}. */
    synchronized void tookLong() {
        lots = false;
        startAnew();
    }

    /** A single record was answered after so many nanoseconds. */
    synchronized void handled(long took) {
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

    // what was handled says nothing any more when nothing was for as long again
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
