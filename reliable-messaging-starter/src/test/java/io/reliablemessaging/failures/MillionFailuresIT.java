package io.reliablemessaging.failures;

import org.junit.jupiter.api.Tag;

/** The same with a million. */
@Tag("long")
class MillionFailuresIT extends ManyFailureGroupsIT {

    @Override
    int rows() {
        return 1_000_000;
    }
}
