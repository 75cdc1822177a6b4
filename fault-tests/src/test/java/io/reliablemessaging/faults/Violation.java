package io.reliablemessaging.faults;

/**
 * A broken promise.
 *
 * @param promise which one
 * @param story what happened to the message, as short as can be
 */
record Violation(Promise promise, String story) {

    enum Promise {
        NOTHING_LOST,
        NOTHING_ROLLED_BACK_IS_SEEN,
        FIRST_APPEARANCES_IN_ORDER,
        NO_EFFECT_TWICE,
        EFFECTS_IN_SEQUENCE,
        ATTEMPTS_WITHIN_BOUNDS,
        NOTHING_LEFT_OVER
    }
}
