package io.reliablemessaging.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** When ids that were given before are older than those given since. */
class IdSequenceTests {

    private static final IdSequence KNOWN = new IdSequence(17, 1_000);

    @Test
    void goesOnOrStays() {
        assertThat(KNOWN.isContinuedBy(KNOWN)).isTrue();
        assertThat(KNOWN.isContinuedBy(new IdSequence(17, 1_001))).isTrue();
    }

    @Test
    void wasSetBackOrHasBegunAnew() {
        assertThat(KNOWN.isContinuedBy(new IdSequence(17, 999))).isFalse();
        assertThat(KNOWN.isContinuedBy(new IdSequence(17, 0))).isFalse();
    }

    @Test
    void isAnotherOne() {
        assertThat(KNOWN.isContinuedBy(new IdSequence(18, 2_000))).isFalse();
        assertThat(KNOWN.isContinuedBy(new IdSequence(18, IdSequence.HIDDEN))).isFalse();
    }

    @Test
    void isNotToldOrWasNotReadBefore() {
        assertThat(KNOWN.isContinuedBy(new IdSequence(17, IdSequence.HIDDEN))).isTrue();
        assertThat(IdSequence.UNKNOWN.isContinuedBy(new IdSequence(17, 0))).isTrue();
    }
}
