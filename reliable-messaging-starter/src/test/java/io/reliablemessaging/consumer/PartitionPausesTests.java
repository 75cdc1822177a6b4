package io.reliablemessaging.consumer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.consumer.ReadingObstacles.Times;
import io.reliablemessaging.lines.KeyLine;
import io.reliablemessaging.lines.LineRule;
import io.reliablemessaging.lines.MemoryBudget;
import io.reliablemessaging.lines.PartitionLines;
import io.reliablemessaging.lines.PartitionLines.Start;
import io.reliablemessaging.support.LogCapture;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which partitions are read, and why others are not. */
class PartitionPausesTests {

    private static final TopicPartition FIRST = new TopicPartition("orders", 0);
    private static final LineRule BY_KEY = new LineRule(Ordering.KEY, TransactionMode.RECORD, 16);
    private static final Times IMPATIENT = new Times(Duration.ZERO, Duration.ZERO, Duration.ZERO);
    private static final TopicPartition SECOND = new TopicPartition("orders", 1);

    private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("earliest");
    private final MemoryBudget budget = new MemoryBudget(100_000_000);
    private final MemoryBudget.Account memory = budget.open();
    private final AtomicBoolean outage = new AtomicBoolean();
    private final PartitionPauses pauses =
            new PartitionPauses(memory, outage::get, new ReadingObstacles("shipping", memory, IMPATIENT));
    private final PartitionLines first = lines(FIRST);
    private final PartitionLines second = lines(SECOND);

    @BeforeEach
    void assign() {
        consumer.assign(List.of(FIRST, SECOND));
        consumer.updateBeginningOffsets(Map.of(FIRST, 0L, SECOND, 0L));
    }

    private PartitionLines lines(TopicPartition partition) {
        Start start = new Start(Uuid.ONE_UUID, 0, 0, Set.of());
        return new PartitionLines(partition, 0, start, BY_KEY, memory);
    }

    private void apply(boolean pauseAll, TopicPartition... unprepared) {
        pauses.apply(consumer, List.of(first, second), Set.of(unprepared), pauseAll);
    }

    private List<KeyLine> read(PartitionLines lines, int from, int count) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            byte[] key = ByteBuffer.allocate(Integer.BYTES).putInt(0, i).array();
            records.add(new ConsumerRecord<>(
                    lines.partition().topic(), lines.partition().partition(), i, key, new byte[1]));
        }
        return lines.add(records);
    }

    /** Records of one key, from an offset on. */
    private static List<KeyLine> readOfOneKey(PartitionLines lines, int from, int count, int bytes) {
        TopicPartition partition = lines.partition();
        byte[] key = "slow".getBytes(UTF_8);
        return lines.add(IntStream.range(from, from + count)
                .mapToObj(i -> new ConsumerRecord<>(partition.topic(), partition.partition(), i, key, new byte[bytes]))
                .toList());
    }

    private static KeyLine hold(PartitionLines lines, List<KeyLine> toRun) {
        lines.take(toRun.get(0), 1);
        return toRun.get(0);
    }

    private static void finish(PartitionLines lines, KeyLine keyLine) {
        lines.finish(keyLine, lines.take(keyLine, 1).get(0));
        lines.proceed(keyLine);
    }

    @Test
    void readsAllUntilOneHasEnoughAndAgainWhenThatHasFew() {
        apply(false);
        assertThat(consumer.paused()).isEmpty();
        List<KeyLine> all = read(first, 0, 1000);
        apply(false);
        assertThat(consumer.paused()).containsExactly(FIRST);
        assertThat(pauses.limit()).as("slow handlers are no trouble").isNull();
        all.subList(0, 400).forEach(keyLine -> finish(first, keyLine));
        apply(false);
        assertThat(consumer.paused()).containsExactly(FIRST);
        all.subList(400, 501).forEach(keyLine -> finish(first, keyLine));
        apply(false);
        assertThat(consumer.paused()).isEmpty();
    }

    @Test
    void readsNothingMoreBehindAMessageThatIsNotFinishedForVeryLong() {
        List<KeyLine> stuck = read(first, 0, 1);
        for (int i = 1; i < PartitionPauses.LONGEST_SPAN; i += 500) {
            read(first, i, 500).forEach(keyLine -> finish(first, keyLine));
        }
        apply(false);
        assertThat(consumer.paused()).containsExactly(FIRST);
        assertThat(pauses.limit()).contains("partition orders-0", "100000 offsets", "Offset 0 (key hash ");
        finish(first, stuck.get(0));
        apply(false);
        assertThat(consumer.paused()).isEmpty();
        assertThat(pauses.limit()).isNull();
    }

    @Test
    void readsNothingMoreWhenTheMemoryIsUsedUp() {
        memory.add(budget.limit());
        apply(false);
        assertThat(consumer.paused()).containsExactlyInAnyOrder(FIRST, SECOND);
        assertThat(pauses.limit()).contains("listener.memory");
        memory.remove(budget.limit());
        apply(false);
        assertThat(consumer.paused()).isEmpty();
    }

    @Test
    void readsOnForOtherKeysWhileAllThatIsThereWaitsBehindASlowMessage() {
        hold(first, readOfOneKey(first, 0, 20_000, 100));
        apply(false);
        assertThat(consumer.paused()).isEmpty();
        assertThat(pauses.limit()).isNull();
        List<KeyLine> others = read(first, 20_000, 2);
        apply(false);
        assertThat(consumer.paused()).as("they can be begun").containsExactly(FIRST);
        finish(first, others.get(0));
        apply(false);
        assertThat(consumer.paused()).containsExactly(FIRST);
        finish(first, others.get(1));
        apply(false);
        assertThat(consumer.paused()).isEmpty();
    }

    @Test
    void readsOnForOtherKeysWhileAMessageThatIsTriedAgainStaysInItsLine() {
        List<KeyLine> toRun = readOfOneKey(first, 0, 1_500, 100);
        KeyLine keyLine = hold(first, toRun);
        long wait = first.suspend(keyLine);
        apply(false);
        assertThat(consumer.paused()).isEmpty();
        first.wake(keyLine, wait);
        apply(false);
        assertThat(consumer.paused()).containsExactly(FIRST);
    }

    @Test
    void readsNoFurtherInAnOutage() {
        hold(first, readOfOneKey(first, 0, 1_500, 100));
        outage.set(true);
        apply(false);
        assertThat(consumer.paused()).containsExactly(FIRST);
        assertThat(pauses.limit()).isNull();
        outage.set(false);
        apply(false);
        assertThat(consumer.paused()).isEmpty();
    }

    @Test
    void readsNoFurtherWhenAThousandKeysAreStuck() {
        read(first, 0, 1000).forEach(keyLine -> first.take(keyLine, 1));
        apply(false);
        assertThat(consumer.paused()).containsExactly(FIRST);
        assertThat(pauses.limit()).isNull();
    }

    @Test
    void stopsWhereWhatWaitsTakesHalfOfTheMemoryAndSaysWhichMessageItIs() {
        KeyLine slow = hold(first, readOfOneKey(first, 0, 500, 110_000));
        read(second, 0, 10).forEach(keyLine -> second.take(keyLine, 1));
        apply(false);
        assertThat(consumer.paused()).as("the other partition goes on").containsExactly(FIRST);
        assertThat(pauses.limit())
                .contains(
                        "partition orders-0",
                        "half of listener.memory",
                        "Offset 0 (key hash 5e0cf7bd)",
                        "499 messages wait in its line (52 MB)",
                        "time-out",
                        "restart the instance");
        first.take(slow, 1);
        for (int i = 0; i < 100; i++) {
            first.finish(slow, slow.entries().element());
        }
        apply(false);
        assertThat(consumer.paused()).isEmpty();
        assertThat(pauses.limit()).isNull();
    }

    /** Few large records: less than is enough otherwise. */
    @Test
    void aStuckPartitionOfALargeListenerKeepsItsShareOnly() {
        memory.add(budget.limit() / 2);
        hold(first, readOfOneKey(first, 0, 1, 100));
        apply(false);
        assertThat(consumer.paused()).as("it holds nearly nothing").isEmpty();
        readOfOneKey(first, 1, 1, (int) memory.shareOfStuck(2));
        apply(false);
        assertThat(consumer.paused()).containsExactly(FIRST);
    }

    @Test
    void aStopIsToldOnceAndItsEnd() {
        try (LogCapture log = LogCapture.start()) {
            KeyLine slow = hold(first, readOfOneKey(first, 0, 500, 110_000));
            apply(false);
            apply(false);
            assertThat(log.ours("reads nothing more for now: partition orders-0"))
                    .hasSize(1);
            assertThat(log.ours("reads partition orders-0 again")).isEmpty();
            for (int i = 0; i < 100; i++) {
                first.finish(slow, slow.entries().element());
            }
            apply(false);
            apply(false);
            assertThat(log.ours("reads partition orders-0 again")).hasSize(1);
            readOfOneKey(first, 500, 100, 110_000);
            apply(false);
            assertThat(log.ours("reads nothing more for now: partition orders-0"))
                    .hasSize(2);
        }
    }

    @Test
    void aLineThatIsLongAndMovesIsNotTold() {
        ReadingObstacles patient =
                new ReadingObstacles("shipping", memory, new Times(Duration.ofHours(1), Duration.ZERO, Duration.ZERO));
        hold(first, readOfOneKey(first, 0, 500, 110_000));
        try (LogCapture log = LogCapture.start()) {
            new PartitionPauses(memory, outage::get, patient).apply(consumer, List.of(first), Set.of(), false);
            assertThat(consumer.paused()).containsExactly(FIRST);
            assertThat(patient.limit()).isNull();
            assertThat(log.ours()).isEmpty();
        }
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
        assertThat(pauses.isPaused()).isTrue();
        apply(false);
        assertThat(consumer.paused()).isEmpty();
        assertThat(pauses.isPaused()).isFalse();
    }
}
