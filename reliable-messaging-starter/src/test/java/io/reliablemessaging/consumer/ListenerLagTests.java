package io.reliablemessaging.consumer;

import static io.reliablemessaging.lines.Records.PARTITION;
import static io.reliablemessaging.lines.Records.records;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.lines.LineRule;
import io.reliablemessaging.lines.MemoryBudget;
import io.reliablemessaging.lines.PartitionLines;
import io.reliablemessaging.lines.PartitionLines.Start;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** How far behind: what was not read, and what was read and is not finished. */
class ListenerLagTests {

    private static final TopicPartition OTHER = new TopicPartition("orders", 1);

    private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("earliest");
    private final PartitionLines lines = lines(PARTITION);

    @Test
    void whatWasReadAndIsNotFinishedCounts() {
        assign(PARTITION);
        consumer.updateEndOffsets(Map.of(PARTITION, 10L));
        consumer.seek(PARTITION, 3);
        lines.add(records(0, "a", "b", "c"), Set.of(1L));
        assertThat(ListenerLag.sum(consumer, List.of(lines))).hasValue(7 + 2);
    }

    @Test
    void allPartitionsAreSummedUp() {
        assign(PARTITION, OTHER);
        consumer.updateEndOffsets(Map.of(PARTITION, 10L, OTHER, 5L));
        assertThat(ListenerLag.sum(consumer, List.of(lines, lines(OTHER)))).hasValue(15);
    }

    @Test
    void withoutPartitionsThereIsNoLag() {
        assertThat(ListenerLag.sum(consumer, List.of())).hasValue(0);
    }

    @Test
    void whereOnePartitionIsNotKnownNothingIs() {
        assign(PARTITION);
        consumer.updateEndOffsets(Map.of(PARTITION, 10L));
        assertThat(ListenerLag.sum(consumer, List.of(lines, lines(OTHER)))).isEmpty();
    }

    private void assign(TopicPartition... partitions) {
        consumer.assign(List.of(partitions));
        List.of(partitions).forEach(each -> consumer.seek(each, 0));
    }

    private static PartitionLines lines(TopicPartition partition) {
        return new PartitionLines(
                partition,
                0,
                new Start(Uuid.ONE_UUID, 0, 0, Set.of()),
                new LineRule(Ordering.KEY, TransactionMode.RECORD, 16),
                new MemoryBudget(1 << 20).open());
    }
}
