package io.reliablemessaging.inbox;

import java.time.Duration;

/**
 * Derives from the retention when rows may be deleted and how often checkpoints are made.
 *
 * @param remembered minimum time for which a message is remembered
 */
record InboxRetention(Duration remembered) {

    // the clocks of the database, of consumers and of a standby that takes over may differ
    private static final Duration CLOCKS_DIFFER = Duration.ofHours(1);

    // A relay may send a message again hours after it was received, if the broker was away.
    private static final Duration SENT_AGAIN = Duration.ofDays(1);

    private static final Duration LONGEST_STEP = Duration.ofHours(12);
    private static final int STEPS = 16;

    /** Returns the age of the checkpoint that decides what may be deleted. */
    Duration checkpointAge() {
        return remembered.plus(CLOCKS_DIFFER).minus(sentAgain());
    }

    /** Returns how much older than that checkpoint a row must be, so that both copies of a message that was sent twice lie below it. */
    Duration sentAgain() {
        return shorter(SENT_AGAIN, remembered);
    }

    /** Returns the interval between checkpoints. Rows live longer than the retention by this much. */
    Duration step() {
        return shorter(LONGEST_STEP, remembered.dividedBy(STEPS));
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
