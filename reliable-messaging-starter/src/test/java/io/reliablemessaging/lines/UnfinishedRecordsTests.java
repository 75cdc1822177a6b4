package io.reliablemessaging.lines;

import static io.reliablemessaging.lines.Records.record;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What a partition takes from the budget it gives back, however its records end. */
class UnfinishedRecordsTests {

    private final MemoryBudget budget = new MemoryBudget(1 << 20);
    private final MemoryBudget.Account memory = budget.open();
    private final UnfinishedRecords unfinishedRecords = new UnfinishedRecords(memory);
    private final LineEntry one = entry(0);
    private final LineEntry other = entry(1);

    @Test
    void eachRecordIsCountedUntilItIsFinished() {
        unfinishedRecords.add(one);
        unfinishedRecords.add(other);
        assertThat(unfinishedRecords.records()).isEqualTo(2);
        assertThat(unfinishedRecords.bytes()).isEqualTo(one.bytes() + other.bytes());
        assertThat(memory.bytes()).isEqualTo(unfinishedRecords.bytes());
        unfinishedRecords.remove(one);
        assertThat(unfinishedRecords.records()).isEqualTo(1);
        assertThat(unfinishedRecords.bytes()).isEqualTo(other.bytes());
        assertThat(budget.bytes()).isEqualTo(other.bytes());
    }

    @Test
    void whatIsDroppedAtOnceIsGivenBackOnce() {
        UnfinishedRecords neighbour = new UnfinishedRecords(memory);
        neighbour.add(one);
        unfinishedRecords.add(other);
        unfinishedRecords.clear();
        unfinishedRecords.clear();
        assertThat(unfinishedRecords.records()).isZero();
        assertThat(unfinishedRecords.bytes()).isZero();
        assertThat(memory.bytes()).as("of the other partition").isEqualTo(one.bytes());
    }

    private static LineEntry entry(long offset) {
        return new LineEntry(record(offset, "a"), OffsetSpan.UNTRACKED, false);
    }
}
