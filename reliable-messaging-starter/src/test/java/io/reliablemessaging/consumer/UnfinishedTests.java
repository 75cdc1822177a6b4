package io.reliablemessaging.consumer;

import static io.reliablemessaging.consumer.Records.record;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What a partition takes from the budget it gives back, however its records end. */
class UnfinishedTests {

    private final MemoryBudget budget = new MemoryBudget(1 << 20);
    private final MemoryBudget.Account memory = budget.open();
    private final Unfinished unfinished = new Unfinished(memory);
    private final LineEntry one = entry(0);
    private final LineEntry other = entry(1);

    @Test
    void eachRecordIsCountedUntilItIsFinished() {
        unfinished.add(one);
        unfinished.add(other);
        assertThat(unfinished.records()).isEqualTo(2);
        assertThat(unfinished.bytes()).isEqualTo(one.bytes() + other.bytes());
        assertThat(memory.bytes()).isEqualTo(unfinished.bytes());
        unfinished.remove(one);
        assertThat(unfinished.records()).isEqualTo(1);
        assertThat(unfinished.bytes()).isEqualTo(other.bytes());
        assertThat(budget.bytes()).isEqualTo(other.bytes());
    }

    @Test
    void whatIsDroppedAtOnceIsGivenBackOnce() {
        Unfinished neighbour = new Unfinished(memory);
        neighbour.add(one);
        unfinished.add(other);
        unfinished.clear();
        unfinished.clear();
        assertThat(unfinished.records()).isZero();
        assertThat(unfinished.bytes()).isZero();
        assertThat(memory.bytes()).as("of the other partition").isEqualTo(one.bytes());
    }

    private static LineEntry entry(long offset) {
        return new LineEntry(record(offset, "a"), OffsetSpan.UNTRACKED, false);
    }
}
