package io.reliablemessaging.listener;

import java.time.Duration;

/** How a delivery ended, and so what becomes of its offset. */
sealed interface Delivered {

    /** The handler's transaction has committed. */
    record Handled() implements Delivered {}

    /** The group had taken charge of it before. */
    record Duplicate() implements Delivered {}

    /**
     * The handler failed; the failure is counted.
     *
     * @param cause what it threw
     * @param delay when to call it again
     */
    record Failed(Throwable cause, Duration delay) implements Delivered {}

    /**
     * It is a dead letter.
     *
     * @param cause what the handler threw last
     * @param reason why there is no further attempt
     */
    record Dead(Throwable cause, String reason) implements Delivered {}
}
