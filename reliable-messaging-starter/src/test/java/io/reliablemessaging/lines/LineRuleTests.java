package io.reliablemessaging.lines;

import static io.reliablemessaging.lines.Records.record;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.delivery.ListenerSettings;
import io.reliablemessaging.retry.RedeliveryPolicy;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** Which records wait in line with each other, and how many lines there may be. */
class LineRuleTests {

    private final LineRule byKey = new LineRule(Ordering.KEY, TransactionMode.RECORD, 16);
    private final LineRule inBatches = new LineRule(Ordering.KEY, TransactionMode.BATCH, 16);
    private final LineRule byPartition = new LineRule(Ordering.PARTITION, TransactionMode.RECORD, 16);

    @Test
    void eachKeyHasALineOfItsOwnAndARecordWithoutAKeyToo() {
        assertThat(byKey.lineOf(record(0, "a"))).isEqualTo(byKey.lineOf(record(7, "a")));
        assertThat(byKey.lineOf(record(0, "a"))).isNotEqualTo(byKey.lineOf(record(0, "b")));
        assertThat(byKey.lineOf(withoutKey(1))).isNotEqualTo(byKey.lineOf(withoutKey(2)));
        assertThat(byKey.mostLines()).isEqualTo(1000);
    }

    @Test
    void inBatchesKeysShareAsManyLinesAsAreRunAtOnce() {
        Set<Object> lines = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            lines.add(inBatches.lineOf(record(i, "key" + i)));
            lines.add(inBatches.lineOf(withoutKey(i)));
        }
        assertThat(lines).hasSize(16);
        assertThat(inBatches.lineOf(record(0, "a"))).isEqualTo(inBatches.lineOf(record(7, "a")));
        assertThat(inBatches.mostLines()).isEqualTo(16);
    }

    @Test
    void thereAreNoMoreLinesToShareThanThePoolRuns() {
        assertThat(LineRule.of(batches(16), 6).mostLines()).isEqualTo(6);
        assertThat(LineRule.of(batches(4), 6).mostLines()).isEqualTo(4);
    }

    private static ListenerSettings batches(int concurrency) {
        return new ListenerSettings(
                "id",
                "group",
                concurrency,
                Ordering.KEY,
                TransactionMode.BATCH,
                false,
                new RedeliveryPolicy(1, Duration.ZERO, 1, Duration.ZERO, List.of()),
                Duration.ZERO,
                Duration.ZERO,
                List.of(),
                Duration.ZERO,
                false);
    }

    @Test
    void aPartitionInOrderIsOneLine() {
        assertThat(byPartition.lineOf(record(0, "a"))).isEqualTo(byPartition.lineOf(withoutKey(1)));
        assertThat(byPartition.mostLines()).isEqualTo(1);
    }

    private static ConsumerRecord<byte[], byte[]> withoutKey(long offset) {
        return new ConsumerRecord<>("orders", 0, offset, null, new byte[1]);
    }
}
