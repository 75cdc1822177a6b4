package io.reliablemessaging.consumer;

import static io.reliablemessaging.consumer.Records.PARTITION;
import static io.reliablemessaging.consumer.Records.record;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.consumer.Line.State;
import io.reliablemessaging.consumer.PartitionLines.Start;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** Of a key, no record passes an earlier one; of several keys in a line, none waits for another's. */
class LineTests {

    private final PartitionLines partition = new PartitionLines(
            PARTITION,
            0,
            new Start(Uuid.ONE_UUID, 0, 0, Set.of()),
            new LineRule(Ordering.KEY, TransactionMode.BATCH, 1),
            new MemoryBudget(1 << 20).open());
    private final Line line = new Line(partition, 0);

    @Test
    void recordsAreHandedOutInTheirOrder() {
        List<LineEntry> all = add("a", "b", "a");
        assertThat(line.first(10)).isEqualTo(all);
        assertThat(line.first(2)).isEqualTo(all.subList(0, 2));
    }

    @Test
    void aRecordThatIsTriedAgainIsHandedOutWithoutThoseOfItsKeyBehindIt() {
        List<LineEntry> all = add("a", "a", "b", "a", "c");
        all.get(0).markRetried();
        assertThat(line.first(10)).containsExactly(all.get(0), all.get(2), all.get(4));
        assertThat(line.first(2)).as("and those do not count").containsExactly(all.get(0), all.get(2));
    }

    @Test
    void severalKeysMayBeTriedAgain() {
        List<LineEntry> all = add("a", "b", "b", "a", "c");
        all.get(0).markRetried();
        all.get(1).markRetried();
        assertThat(line.first(10)).containsExactly(all.get(0), all.get(1), all.get(4));
    }

    @Test
    void recordsBeforeTheOneThatIsTriedAgainGoOn() {
        List<LineEntry> all = add("b", "a", "a");
        all.get(1).markRetried();
        assertThat(line.first(10)).containsExactly(all.get(0), all.get(1));
    }

    @Test
    void recordsWithoutKeyDoNotWaitForEachOther() {
        LineEntry first = add(keyless(0));
        LineEntry second = add(keyless(1));
        first.markRetried();
        assertThat(line.first(10)).containsExactly(first, second);
        assertThat(line.remove(second)).isTrue();
    }

    @Test
    void aRecordIsTakenOffOnlyIfNoneOfItsKeyIsBeforeIt() {
        List<LineEntry> all = add("a", "b", "a", "b");
        assertThat(line.remove(all.get(2))).isFalse();
        assertThat(line.remove(all.get(1))).as("of another key").isTrue();
        assertThat(line.remove(all.get(3))).isTrue();
        assertThat(line.remove(all.get(0))).isTrue();
        assertThat(line.remove(all.get(2))).isTrue();
        assertThat(line.entries()).isEmpty();
    }

    @Test
    void aRecordIsTakenOffOnce() {
        List<LineEntry> all = add("a", "b");
        assertThat(line.remove(all.get(0))).isTrue();
        assertThat(line.remove(all.get(0))).isFalse();
        assertThat(line.entries()).containsExactly(all.get(1));
    }

    @Test
    void onlyANewFirstRecordIsFirstSinceNow() {
        List<LineEntry> all = add("a", "b", "c");
        long since = line.firstSince();
        line.remove(all.get(1));
        assertThat(line.firstSince()).isEqualTo(since);
        line.remove(all.get(0));
        assertThat(line.firstSince()).isGreaterThan(since);
    }

    @Test
    void eachWaitHasANumberOfItsOwn() {
        long none = line.waits();
        line.become(State.RUNNING);
        line.become(State.READY);
        assertThat(line.waits()).isEqualTo(none);
        line.become(State.WAITING);
        long first = line.waits();
        line.become(State.READY);
        line.become(State.WAITING);
        assertThat(line.waits()).isNotEqualTo(first);
    }

    private List<LineEntry> add(String... keys) {
        return Records.records(0, keys).stream().map(this::add).toList();
    }

    private LineEntry add(ConsumerRecord<byte[], byte[]> record) {
        LineEntry entry = new LineEntry(record, OffsetSpan.UNTRACKED, false);
        line.entries().add(entry);
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
