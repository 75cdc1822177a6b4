package io.reliablemessaging.listener;

import java.time.Duration;

/** How a delivery ended. In all but one case the group has taken charge of the message and its offset may be committed. */
sealed interface Delivered {

    /** The handler's transaction has committed. */
    record Handled() implements Delivered {}

    /** The group had taken charge of it before. */
    record Duplicate() implements Delivered {}

    /** It waits behind an earlier message of its key. */
    record Queued() implements Delivered {}

    /**
     * The handler failed; the message is parked and will be handled again.
     *
     * @param cause what it threw
     * @param delay when
     */
    record Parked(Throwable cause, Duration delay) implements Delivered {}

    /**
     * It is a dead letter.
     *
     * @param cause what the handler threw last
     * @param reason why there is no further attempt
     */
    record Dead(Throwable cause, String reason) implements Delivered {}

    /**
     * The handler failed; the message stays where it is and is delivered again.
     *
     * @param cause what it threw
     * @param delay when
     */
    record Kept(Throwable cause, Duration delay) implements Delivered {}
}
