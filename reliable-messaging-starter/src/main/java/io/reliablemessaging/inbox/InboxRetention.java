package io.reliablemessaging.inbox;

import java.time.Duration;

/**
 * Says for how long the inbox remembers, and what follows from that.
 *
 * @param remembered how long a message is remembered at least
 */
record InboxRetention(Duration remembered) {

    // the database's clock, those of consumers, and that of a standby that takes over may differ
    private static final Duration CLOCKS_DIFFER = Duration.ofHours(1);

    // A relay may send a message again when the first one has long been received: hours later, if the broker was away.
    private static final Duration SENT_AGAIN = Duration.ofDays(1);

    private static final Duration LONGEST_STEP = Duration.ofHours(12);
    private static final int STEPS = 16;

    /** How old a checkpoint is that decides what may be deleted. */
    Duration checkpointAge() {
        return remembered.plus(CLOCKS_DIFFER).minus(sentAgain());
    }

    /** How much older than that checkpoint a row has to be: both copies of a message that was sent twice lie below it. */
    Duration sentAgain() {
        return shorter(SENT_AGAIN, remembered);
    }

    /** The distance of checkpoints. Rows live longer than the retention by so much. */
    Duration step() {
        return shorter(LONGEST_STEP, remembered.dividedBy(STEPS));
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
