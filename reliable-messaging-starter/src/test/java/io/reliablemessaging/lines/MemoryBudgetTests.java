package io.reliablemessaging.lines;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MemoryBudgetTests {

    private final MemoryBudget budget = new MemoryBudget(100);
    private final MemoryBudget.Account slow = budget.open();
    private final MemoryBudget.Account other = budget.open();

    @Test
    void aListenerReadsUntilAllTogetherHoldTheLimit() {
        slow.add(99);
        assertThat(slow.mayRead()).isTrue();
        slow.add(1);
        assertThat(slow.mayRead()).isFalse();
    }

    @Test
    void aListenerThatHoldsLittleReadsOnWhateverTheOthersHold() {
        slow.add(200);
        assertThat(other.mayRead()).isTrue();
        other.add(budget.share());
        assertThat(other.mayRead()).isFalse();
    }

    @Test
    void whatIsFinishedMakesRoom() {
        slow.add(100);
        slow.remove(1);
        assertThat(slow.mayRead()).isTrue();
        assertThat(budget.bytes()).isEqualTo(99);
    }

    @Test
    void whatWaitsBehindSlowMessagesTakesHalfOfItAtMost() {
        slow.add(49);
        assertThat(slow.mayReadAhead()).isTrue();
        slow.add(1);
        assertThat(slow.mayReadAhead()).isFalse();
        assertThat(slow.mayRead()).as("for all that flows").isTrue();
        assertThat(other.mayReadAhead()).as("whatever the others hold").isTrue();
        other.add(budget.share() / 2);
        assertThat(other.mayReadAhead()).isFalse();
        assertThat(other.mayRead()).isTrue();
    }

    @Test
    void stuckPartitionsOfAListenerHaveEqualShares() {
        assertThat(slow.shareOfStuck(0)).isEqualTo(budget.share() / 2);
        assertThat(slow.shareOfStuck(4)).isEqualTo(budget.share() / 8);
    }

    @Test
    void aListenerThatEndsLeavesItsShareToTheOthers() {
        long share = budget.share();
        slow.close();
        assertThat(budget.share()).isEqualTo(2 * share);
    }
}
