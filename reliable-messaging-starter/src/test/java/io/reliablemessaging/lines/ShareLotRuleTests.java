package io.reliablemessaging.lines;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ShareLotRuleTests {

    private static final int HANDLERS = 16;

    private long nanos = -7; // as System.nanoTime() may be
    private final ShareLotRule rule = new ShareLotRule(HANDLERS, () -> nanos);

    @Test
    void twoMembersBorrowLots() {
        assertThat(members(ShareLotRule.LOT)).isEqualTo(2);
        assertThat(members(0)).isEqualTo(HANDLERS - 2);
    }

    @Test
    void afterALotThatTookLongThereIsAMemberForEachHandlerWithOneRecord() {
        rule.noteSlow();
        assertThat(members(1)).isEqualTo(HANDLERS);
    }

    @Test
    void lotsAreBorrowedAgainAfterAWhileInWhichALotWouldHaveBeenDoneInTime() {
        rule.noteSlow();
        handleFor(ShareLotRule.CALM.minusMillis(1), Duration.ofMillis(10));
        assertThat(members(1)).isEqualTo(HANDLERS);
        handleFor(Duration.ofMillis(1), Duration.ofMillis(10));
        assertThat(members(ShareLotRule.LOT)).isEqualTo(2);
    }

    @Test
    void lotsAreNotBorrowedAgainWhileTheyWouldTakeLong() {
        rule.noteSlow();
        handleFor(ShareLotRule.CALM, Duration.ofMillis(100));
        assertThat(members(1)).isEqualTo(HANDLERS);
        handleFor(ShareLotRule.CALM, Duration.ofMillis(10));
        assertThat(members(ShareLotRule.LOT))
                .as("what was before counts no more")
                .isEqualTo(2);
    }

    @Test
    void lotsAreBorrowedAgainWhenThereWasNothingToHandle() {
        rule.noteSlow();
        nanos += ShareLotRule.CALM.toNanos();
        assertThat(members(ShareLotRule.LOT)).isEqualTo(2);
    }

    @Test
    void lotsAreBorrowedAgainWhenNothingWasHandledForLong() {
        rule.noteSlow();
        rule.noteHandled(Duration.ofSeconds(1).toNanos());
        nanos += ShareLotRule.CALM.toNanos();
        assertThat(members(1)).isEqualTo(HANDLERS);
        nanos += ShareLotRule.CALM.toNanos();
        assertThat(members(ShareLotRule.LOT)).isEqualTo(2);
    }

    @Test
    void whileOneTakesLongTheOthersDoNotMatter() {
        rule.noteSlow();
        handleFor(ShareLotRule.CALM.minusMillis(1), Duration.ofMillis(1));
        rule.noteSlow();
        handleFor(ShareLotRule.CALM.minusMillis(1), Duration.ofMillis(1));
        assertThat(members(1)).isEqualTo(HANDLERS);
    }

    private void handleFor(Duration time, Duration each) {
        rule.noteHandled(each.toNanos());
        nanos += time.toNanos();
        rule.noteHandled(each.toNanos());
    }

    private long members(int records) {
        return IntStream.rangeClosed(1, HANDLERS)
                .filter(member -> rule.records(member) == records)
                .count();
    }
}
