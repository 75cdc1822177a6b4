package io.reliablemessaging.lines;

import static io.reliablemessaging.lines.Records.PARTITION;
import static io.reliablemessaging.lines.Records.record;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.lines.PartitionLines.Start;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** Which line a record waits in. */
class LinesByKeyTests {

    private static final LineRule BY_KEY = new LineRule(Ordering.KEY, TransactionMode.RECORD, 16);

    private final LinesByKey lines = lines(BY_KEY);

    @Test
    void recordsOfAKeyWaitInTheSameLine() {
        assertThat(lines.key(record(0, "a"), false)).isEqualTo(lines.key(record(7, "a"), false));
        assertThat(lines.key(record(0, "a"), false)).isNotEqualTo(lines.key(record(1, "b"), false));
    }

    /** In another line, a later record of its key could pass the suspect. */
    @Test
    void onceCarefulAllRecordsWaitInOneLineUntilItIsEmpty() {
        Object careful = lines.key(record(0, "a"), true);
        assertThat(LinesByKey.isCareful(careful)).isTrue();
        assertThat(LinesByKey.isCareful(lines.key(record(1, "b"), false))).isFalse();
        KeyLine keyLine = add(record(0, "a"), true);
        assertThat(lines.key(record(1, "a"), false)).isSameAs(careful);
        assertThat(lines.key(record(2, "b"), false)).isSameAs(careful);
        lines.remove(keyLine);
        assertThat(LinesByKey.isCareful(lines.key(record(3, "b"), false))).isFalse();
    }

    @Test
    void aLineThatWasAbandonedDoesNotTakeItsSuccessorAway() {
        KeyLine abandoned = add(record(0, "a"), false);
        KeyLine next = lines.create(abandoned.key());
        lines.remove(abandoned);
        assertThat(lines.find(next.key())).isSameAs(next);
        lines.remove(next);
        assertThat(lines.find(next.key())).isNull();
    }

    @Test
    void otherKeysAreWorthReadingUnlessTheyWouldHaveToWaitAsWell() {
        assertThat(lines.mayBecomeMore()).as("nothing is stuck").isFalse();
        add(record(0, "a"), false);
        assertThat(lines.mayBecomeMore()).isTrue();
        add(record(1, "b"), true);
        assertThat(lines.mayBecomeMore()).as("all wait behind a suspect").isFalse();
    }

    @Test
    void inOneLineForAllThereIsNothingMoreToBeFound() {
        LinesByKey ordered = lines(new LineRule(Ordering.PARTITION, TransactionMode.RECORD, 16));
        add(ordered, record(0, "a"), false);
        assertThat(ordered.mayBecomeMore()).isFalse();
    }

    @Test
    void aThousandStuckKeysHaveACommonCause() {
        for (int i = 0; i < 999; i++) {
            add(record(i, "key-" + i), false);
        }
        assertThat(lines.mayBecomeMore()).isTrue();
        add(record(999, "key-999"), false);
        assertThat(lines.mayBecomeMore()).isFalse();
    }

    @Test
    void theMessageThatMostWaitForAndTheFirstOneAreFound() {
        assertThat(lines.inFrontOfMost()).isEmpty();
        assertThat(lines.first()).isEmpty();
        add(record(3, "b"), false);
        add(record(4, "b"), false);
        add(record(5, "b"), false);
        add(record(2, "a"), false);
        lines.create("empty");
        assertThat(lines.inFrontOfMost().orElseThrow().offset()).isEqualTo(3);
        assertThat(lines.inFrontOfMost().orElseThrow().behind()).isEqualTo(2);
        assertThat(lines.first().orElseThrow().offset()).isEqualTo(2);
    }

    @Test
    void whatIsClearedIsNotHandedOutByThoseWhoStillHoldTheLine() {
        KeyLine keyLine = add(record(0, "a"), false);
        lines.clear();
        assertThat(keyLine.entries()).isEmpty();
        assertThat(lines.find(keyLine.key())).isNull();
    }

    private KeyLine add(ConsumerRecord<byte[], byte[]> record, boolean suspect) {
        return add(lines, record, suspect);
    }

    private static KeyLine add(LinesByKey lines, ConsumerRecord<byte[], byte[]> record, boolean suspect) {
        Object key = lines.key(record, suspect);
        KeyLine known = lines.find(key);
        KeyLine keyLine = known == null ? lines.create(key) : known;
        keyLine.entries().add(new LineEntry(record, OffsetSpan.UNTRACKED, suspect));
        return keyLine;
    }

    private static LinesByKey lines(LineRule rule) {
        return new LinesByKey(
                new PartitionLines(
                        PARTITION, 0, new Start(Uuid.ONE_UUID, 0, 0, Set.of()), rule, new MemoryBudget(1 << 20).open()),
                rule);
    }
}
