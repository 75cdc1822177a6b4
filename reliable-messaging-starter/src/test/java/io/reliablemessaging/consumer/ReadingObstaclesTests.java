package io.reliablemessaging.consumer;

import static io.reliablemessaging.lines.Records.PARTITION;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.consumer.ReadingObstacles.Stop;
import io.reliablemessaging.consumer.ReadingObstacles.Times;
import io.reliablemessaging.lines.LineRule;
import io.reliablemessaging.lines.MemoryBudget;
import io.reliablemessaging.lines.PartitionLines;
import io.reliablemessaging.lines.PartitionLines.Start;
import io.reliablemessaging.support.LogCapture;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** A stop is told with the message that causes it, once, and only if it lasts. */
class ReadingObstaclesTests {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final TopicPartition OTHER = new TopicPartition("orders", 1);

    private final MemoryBudget.Account memory = new MemoryBudget(1 << 20).open();
    private final PartitionLines slow = lines(PARTITION, 41);
    private final PartitionLines slowToo = lines(OTHER, 57);

    @Test
    void aStopNamesTheMessageThatOthersWaitFor() {
        ReadingObstacles obstacles = obstacles(Duration.ZERO, Duration.ZERO, Duration.ZERO);
        assertThat(obstacles.limit()).isNull();
        obstacles.note(List.of(new Stop(slow, false)), false);
        assertThat(obstacles.limit()).contains("partition orders-0", "Offset 41", "listener.memory");
        obstacles.note(List.of(new Stop(slow, true)), false);
        assertThat(obstacles.limit())
                .contains("Offset 41", PartitionPauses.LONGEST_SPAN + " offsets")
                .doesNotContain("listener.memory");
    }

    @Test
    void aLineThatMovesIsNotTold() {
        ReadingObstacles obstacles = obstacles(HOUR, Duration.ZERO, Duration.ZERO);
        obstacles.note(List.of(new Stop(slow, false)), false);
        assertThat(obstacles.limit()).isNull();
    }

    @Test
    void withoutAStopNothingIsToldAnyMore() {
        ReadingObstacles obstacles = obstacles(Duration.ZERO, HOUR, Duration.ZERO);
        obstacles.note(List.of(new Stop(slow, false)), false);
        obstacles.note(List.of(), false);
        assertThat(obstacles.limit()).isNull();
    }

    @Test
    void theMemoryIsToldUnlessASlowMessageExplainsIt() {
        ReadingObstacles obstacles = obstacles(Duration.ZERO, Duration.ZERO, Duration.ZERO);
        obstacles.note(List.of(), true);
        assertThat(obstacles.limit()).contains("all listeners together have reached listener.memory");
        obstacles.note(List.of(new Stop(slow, false)), true);
        assertThat(obstacles.limit()).contains("Offset 41");
        obstacles.note(List.of(), false);
        assertThat(obstacles.limit()).isNull();
    }

    @Test
    void lookedAtSeldomTheTextOfBeforeStays() {
        ReadingObstacles obstacles = obstacles(Duration.ZERO, HOUR, Duration.ZERO);
        obstacles.note(List.of(new Stop(slow, false)), false);
        obstacles.note(List.of(new Stop(slowToo, false)), false);
        assertThat(obstacles.limit()).contains("Offset 41");
    }

    @Test
    void aStopIsLoggedOnceAndItsEndOnce() {
        ReadingObstacles obstacles = obstacles(Duration.ZERO, Duration.ZERO, Duration.ZERO);
        try (LogCapture log = LogCapture.start()) {
            for (int i = 0; i < 3; i++) {
                obstacles.note(List.of(new Stop(slow, false), new Stop(slowToo, false)), false);
            }
            assertThat(log.ours("Listener reading-stops-tests reads nothing more for now: partition orders-0"))
                    .hasSize(1);
            assertThat(log.ours("Listener reading-stops-tests reads nothing more for now: partition orders-1"))
                    .hasSize(1);
            obstacles.note(List.of(new Stop(slowToo, false)), false);
            obstacles.note(List.of(new Stop(slowToo, false)), false);
            assertThat(log.ours("Listener reading-stops-tests reads partition orders-0 again"))
                    .hasSize(1);
            assertThat(log.ours("Listener reading-stops-tests reads partition orders-1 again"))
                    .isEmpty();
            obstacles.note(List.of(new Stop(slow, false)), false);
            assertThat(log.ours("Listener reading-stops-tests reads nothing more for now: partition orders-0"))
                    .as("another stop")
                    .hasSize(2);
        }
    }

    @Test
    void ofManyStopsOneIsLoggedAtATimeAndOnlyThatOneEnds() {
        ReadingObstacles obstacles = obstacles(Duration.ZERO, Duration.ZERO, HOUR);
        try (LogCapture log = LogCapture.start()) {
            obstacles.note(List.of(new Stop(slow, false), new Stop(slowToo, false)), false);
            obstacles.note(List.of(), false);
            assertThat(log.ours("Listener reading-stops-tests reads"))
                    .hasSize(2)
                    .allSatisfy(line -> assertThat(line.message()).contains("orders-0"));
        }
    }

    private ReadingObstacles obstacles(Duration slowFrom, Duration betweenLooks, Duration betweenLines) {
        return new ReadingObstacles("reading-stops-tests", memory, new Times(slowFrom, betweenLooks, betweenLines));
    }

    private PartitionLines lines(TopicPartition partition, long offset) {
        PartitionLines lines = new PartitionLines(
                partition,
                0,
                new Start(Uuid.ONE_UUID, 0, 0, Set.of()),
                new LineRule(Ordering.KEY, TransactionMode.RECORD, 16),
                memory);
        lines.add(List.of(new ConsumerRecord<>(
                partition.topic(), partition.partition(), offset, new byte[] {1}, new byte[] {2})));
        return lines;
    }
}
