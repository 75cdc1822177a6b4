package io.reliablemessaging.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.consumer.PartitionLines.Start;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which partitions are read, and why others are not. */
class ReadingPaceTests {

    private static final TopicPartition FIRST = new TopicPartition("orders", 0);
    private static final TopicPartition SECOND = new TopicPartition("orders", 1);

    private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("earliest");
    private final MemoryBudget budget = new MemoryBudget(100_000_000);
    private final MemoryBudget.Account memory = budget.open();
    private final ReadingPace pace = new ReadingPace("shipping", memory);
    private final PartitionLines first = lines(FIRST);
    private final PartitionLines second = lines(SECOND);

    @BeforeEach
    void assign() {
        consumer.assign(List.of(FIRST, SECOND));
        consumer.updateBeginningOffsets(Map.of(FIRST, 0L, SECOND, 0L));
    }

    private PartitionLines lines(TopicPartition partition) {
        Start start = new Start(Uuid.ONE_UUID, 0, 0, Set.of());
        return new PartitionLines(partition, 0, start, record -> ByteBuffer.wrap(record.key()), memory);
    }

    private void apply(boolean pauseAll, TopicPartition... unprepared) {
        pace.apply(consumer, List.of(first, second), Set.of(unprepared), pauseAll);
    }

    private List<Line> read(PartitionLines lines, int from, int count) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            byte[] key = ByteBuffer.allocate(Integer.BYTES).putInt(0, i).array();
            records.add(new ConsumerRecord<>(
                    lines.partition().topic(), lines.partition().partition(), i, key, new byte[1]));
        }
        return lines.add(records);
    }

    private static void finish(PartitionLines lines, Line line) {
        lines.finished(line, lines.take(line, 1).get(0));
        lines.proceed(line);
    }

    @Test
    void readsAllUntilOneHasEnoughAndAgainWhenThatHasFew() {
        apply(false);
        assertThat(consumer.paused()).isEmpty();
        List<Line> all = read(first, 0, 1000);
        apply(false);
        assertThat(consumer.paused()).containsExactly(FIRST);
        assertThat(pace.limit()).as("slow handlers are no trouble").isNull();
        all.subList(0, 400).forEach(line -> finish(first, line));
        apply(false);
        assertThat(consumer.paused()).containsExactly(FIRST);
        all.subList(400, 501).forEach(line -> finish(first, line));
        apply(false);
        assertThat(consumer.paused()).isEmpty();
    }

    @Test
    void readsNothingMoreBehindAMessageThatIsNotFinishedForVeryLong() {
        List<Line> stuck = read(first, 0, 1);
        for (int i = 1; i < ReadingPace.LONGEST_SPAN; i += 500) {
            read(first, i, 500).forEach(line -> finish(first, line));
        }
        apply(false);
        assertThat(consumer.paused()).containsExactly(FIRST);
        assertThat(pace.limit()).contains("orders-0");
        finish(first, stuck.get(0));
        apply(false);
        assertThat(consumer.paused()).isEmpty();
        assertThat(pace.limit()).isNull();
    }

    @Test
    void readsNothingMoreWhenTheMemoryIsUsedUp() {
        memory.add(budget.limit());
        apply(false);
        assertThat(consumer.paused()).containsExactlyInAnyOrder(FIRST, SECOND);
        assertThat(pace.limit()).contains("listener.memory");
        memory.remove(budget.limit());
        apply(false);
        assertThat(consumer.paused()).isEmpty();
    }

    @Test
    void readsNothingOfAPartitionThatIsNotPrepared() {
        apply(false, SECOND);
        assertThat(consumer.paused()).containsExactly(SECOND);
        apply(false);
        assertThat(consumer.paused()).isEmpty();
    }

    @Test
    void readsNothingWhileAPersonWantsItSo() {
        apply(true);
        assertThat(consumer.paused()).containsExactlyInAnyOrder(FIRST, SECOND);
        assertThat(pace.isPaused()).isTrue();
        apply(false);
        assertThat(consumer.paused()).isEmpty();
        assertThat(pace.isPaused()).isFalse();
    }
}
