package io.reliablemessaging.deadletter;

import org.junit.jupiter.api.Tag;

/** The same with a million. */
@Tag("long")
class MillionDeadLettersIT extends DeadLetterPagesIT {

    @Override
    int rows() {
        return 1_000_000;
    }
}
