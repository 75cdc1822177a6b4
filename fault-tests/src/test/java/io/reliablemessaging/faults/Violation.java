package io.reliablemessaging.faults;

import java.util.List;
import java.util.UUID;

/**
 * A broken promise.
 *
 * @param promise which one
 * @param what what was seen
 * @param tokens the messages concerned
 */
record Violation(Promise promise, String what, List<UUID> tokens) {

    enum Promise {
        NOTHING_LOST,
        NOTHING_ROLLED_BACK_IS_SEEN,
        FIRST_APPEARANCES_ARE_IN_ORDER,
        NOTHING_IS_EARLY,
        NO_EFFECT_TWICE,
        EFFECTS_ARE_IN_SEQUENCE,
        ATTEMPTS_ARE_BOUNDED,
        DEAD_LETTERS_AGREE,
        NOTHING_IS_LEFT_OVER
    }
}
