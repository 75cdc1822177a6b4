package io.reliablemessaging.lines;

import static io.reliablemessaging.lines.Records.PARTITION;
import static io.reliablemessaging.lines.Records.record;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.lines.KeyLine.State;
import io.reliablemessaging.lines.PartitionLines.Start;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** Of a key, no record passes an earlier one; of several keys in a line, none waits for another's. */
class KeyLineTests {

    private final PartitionLines partition = new PartitionLines(
            PARTITION,
            0,
            new Start(Uuid.ONE_UUID, 0, 0, Set.of()),
            new LineRule(Ordering.KEY, TransactionMode.BATCH, 1),
            new MemoryBudget(1 << 20).open());
    private final KeyLine keyLine = new KeyLine(partition, 0);

    @Test
    void recordsAreHandedOutInTheirOrder() {
        List<LineEntry> all = add("a", "b", "a");
        assertThat(keyLine.first(10)).isEqualTo(all);
        assertThat(keyLine.first(2)).isEqualTo(all.subList(0, 2));
    }

    @Test
    void aRecordThatIsTriedAgainIsHandedOutWithoutThoseOfItsKeyBehindIt() {
        List<LineEntry> all = add("a", "a", "b", "a", "c");
        all.get(0).markRetried();
        assertThat(keyLine.first(10)).containsExactly(all.get(0), all.get(2), all.get(4));
        assertThat(keyLine.first(2)).as("and those do not count").containsExactly(all.get(0), all.get(2));
    }

    @Test
    void severalKeysMayBeTriedAgain() {
        List<LineEntry> all = add("a", "b", "b", "a", "c");
        all.get(0).markRetried();
        all.get(1).markRetried();
        assertThat(keyLine.first(10)).containsExactly(all.get(0), all.get(1), all.get(4));
    }

    @Test
    void recordsBeforeTheOneThatIsTriedAgainGoOn() {
        List<LineEntry> all = add("b", "a", "a");
        all.get(1).markRetried();
        assertThat(keyLine.first(10)).containsExactly(all.get(0), all.get(1));
    }

    @Test
    void recordsWithoutKeyDoNotWaitForEachOther() {
        LineEntry first = add(keyless(0));
        LineEntry second = add(keyless(1));
        first.markRetried();
        assertThat(keyLine.first(10)).containsExactly(first, second);
        assertThat(keyLine.remove(second)).isTrue();
    }

    @Test
    void aRecordIsTakenOffOnlyIfNoneOfItsKeyIsBeforeIt() {
        List<LineEntry> all = add("a", "b", "a", "b");
        assertThat(keyLine.remove(all.get(2))).isFalse();
        assertThat(keyLine.remove(all.get(1))).as("of another key").isTrue();
        assertThat(keyLine.remove(all.get(3))).isTrue();
        assertThat(keyLine.remove(all.get(0))).isTrue();
        assertThat(keyLine.remove(all.get(2))).isTrue();
        assertThat(keyLine.entries()).isEmpty();
    }

    @Test
    void aRecordIsTakenOffOnce() {
        List<LineEntry> all = add("a", "b");
        assertThat(keyLine.remove(all.get(0))).isTrue();
        assertThat(keyLine.remove(all.get(0))).isFalse();
        assertThat(keyLine.entries()).containsExactly(all.get(1));
    }

    @Test
    void onlyANewFirstRecordIsFirstSinceNow() {
        List<LineEntry> all = add("a", "b", "c");
        long since = keyLine.firstSince();
        keyLine.remove(all.get(1));
        assertThat(keyLine.firstSince()).isEqualTo(since);
        keyLine.remove(all.get(0));
        assertThat(keyLine.firstSince()).isGreaterThan(since);
    }

    @Test
    void eachWaitHasANumberOfItsOwn() {
        long none = keyLine.waits();
        keyLine.become(State.RUNNING);
        keyLine.become(State.READY);
        assertThat(keyLine.waits()).isEqualTo(none);
        keyLine.become(State.WAITING);
        long first = keyLine.waits();
        keyLine.become(State.READY);
        keyLine.become(State.WAITING);
        assertThat(keyLine.waits()).isNotEqualTo(first);
    }

    private List<LineEntry> add(String... keys) {
        return Records.records(0, keys).stream().map(this::add).toList();
    }

    private LineEntry add(ConsumerRecord<byte[], byte[]> record) {
        LineEntry entry = new LineEntry(record, OffsetSpan.UNTRACKED, false);
        keyLine.entries().add(entry);
        return entry;
    }

    private static ConsumerRecord<byte[], byte[]> keyless(long offset) {
        return new ConsumerRecord<>(
                PARTITION.topic(),
                PARTITION.partition(),
                offset,
                null,
                record(offset, "a").value());
    }
}
