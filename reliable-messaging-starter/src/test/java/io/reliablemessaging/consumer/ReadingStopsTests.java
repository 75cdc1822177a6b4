package io.reliablemessaging.consumer;

import static io.reliablemessaging.consumer.Records.PARTITION;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.consumer.PartitionLines.Start;
import io.reliablemessaging.consumer.ReadingStops.Stop;
import io.reliablemessaging.consumer.ReadingStops.Times;
import io.reliablemessaging.support.LogCapture;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** A stop is told with the message that causes it, once, and only if it lasts. */
class ReadingStopsTests {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final TopicPartition OTHER = new TopicPartition("orders", 1);

    private final MemoryBudget.Account memory = new MemoryBudget(1 << 20).open();
    private final PartitionLines slow = lines(PARTITION, 41);
    private final PartitionLines slowToo = lines(OTHER, 57);

    @Test
    void aStopNamesTheMessageThatOthersWaitFor() {
        ReadingStops stops = stops(Duration.ZERO, Duration.ZERO, Duration.ZERO);
        assertThat(stops.limit()).isNull();
        stops.note(List.of(new Stop(slow, false)), false);
        assertThat(stops.limit()).contains("partition orders-0", "Offset 41", "listener.memory");
        stops.note(List.of(new Stop(slow, true)), false);
        assertThat(stops.limit())
                .contains("Offset 41", ReadingPace.LONGEST_SPAN + " offsets")
                .doesNotContain("listener.memory");
    }

    @Test
    void aLineThatMovesIsNotTold() {
        ReadingStops stops = stops(HOUR, Duration.ZERO, Duration.ZERO);
        stops.note(List.of(new Stop(slow, false)), false);
        assertThat(stops.limit()).isNull();
    }

    @Test
    void withoutAStopNothingIsToldAnyMore() {
        ReadingStops stops = stops(Duration.ZERO, HOUR, Duration.ZERO);
        stops.note(List.of(new Stop(slow, false)), false);
        stops.note(List.of(), false);
        assertThat(stops.limit()).isNull();
    }

    @Test
    void theMemoryIsToldUnlessASlowMessageExplainsIt() {
        ReadingStops stops = stops(Duration.ZERO, Duration.ZERO, Duration.ZERO);
        stops.note(List.of(), true);
        assertThat(stops.limit()).contains("all listeners together have reached listener.memory");
        stops.note(List.of(new Stop(slow, false)), true);
        assertThat(stops.limit()).contains("Offset 41");
        stops.note(List.of(), false);
        assertThat(stops.limit()).isNull();
    }

    @Test
    void lookedAtSeldomTheTextOfBeforeStays() {
        ReadingStops stops = stops(Duration.ZERO, HOUR, Duration.ZERO);
        stops.note(List.of(new Stop(slow, false)), false);
        stops.note(List.of(new Stop(slowToo, false)), false);
        assertThat(stops.limit()).contains("Offset 41");
    }

    @Test
    void aStopIsLoggedOnceAndItsEndOnce() {
        ReadingStops stops = stops(Duration.ZERO, Duration.ZERO, Duration.ZERO);
        try (LogCapture log = LogCapture.start()) {
            for (int i = 0; i < 3; i++) {
                stops.note(List.of(new Stop(slow, false), new Stop(slowToo, false)), false);
            }
            assertThat(log.ours("Listener reading-stops-tests reads nothing more for now: partition orders-0"))
                    .hasSize(1);
            assertThat(log.ours("Listener reading-stops-tests reads nothing more for now: partition orders-1"))
                    .hasSize(1);
            stops.note(List.of(new Stop(slowToo, false)), false);
            stops.note(List.of(new Stop(slowToo, false)), false);
            assertThat(log.ours("Listener reading-stops-tests reads partition orders-0 again"))
                    .hasSize(1);
            assertThat(log.ours("Listener reading-stops-tests reads partition orders-1 again"))
                    .isEmpty();
            stops.note(List.of(new Stop(slow, false)), false);
            assertThat(log.ours("Listener reading-stops-tests reads nothing more for now: partition orders-0"))
                    .as("another stop")
                    .hasSize(2);
        }
    }

    @Test
    void ofManyStopsOneIsLoggedAtATimeAndOnlyThatOneEnds() {
        ReadingStops stops = stops(Duration.ZERO, Duration.ZERO, HOUR);
        try (LogCapture log = LogCapture.start()) {
            stops.note(List.of(new Stop(slow, false), new Stop(slowToo, false)), false);
            stops.note(List.of(), false);
            assertThat(log.ours("Listener reading-stops-tests reads"))
                    .hasSize(2)
                    .allSatisfy(line -> assertThat(line.message()).contains("orders-0"));
        }
    }

    private ReadingStops stops(Duration slowFrom, Duration betweenLooks, Duration betweenLines) {
        return new ReadingStops("reading-stops-tests", memory, new Times(slowFrom, betweenLooks, betweenLines));
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
