package io.reliablemessaging.intake;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.outbox.OutboxReader.Head;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.wire.WireMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

/** However much waits, what is read at once fits into the memory that is meant for it. */
class LaneQuotasTests {

    private static final List<Integer> LANES = IntStream.range(0, 32).boxed().toList();
    private static final int FREE_ROWS = 8192;
    private static final long FREE_BYTES = 16 << 20;

    private final LaneQuotas laneQuotas = new LaneQuotas();
    private final LaneFloors laneFloors = new LaneFloors();

    @Test
    void anEndlessBacklogOfLargeMessagesIsReadInSmallPieces() {
        for (int i = 0; i < 50; i++) {
            List<OutboxRecord> read = readAllThatIsAskedFor(900_000);
            assertThat(bytes(read)).as("reading %s", i).isLessThan(2 * FREE_BYTES);
        }
    }

    @Test
    void anEndlessBacklogOfSmallMessagesIsReadInLargePiecesButNoLarger() {
        int most = 0;
        for (int i = 0; i < 50; i++) {
            List<OutboxRecord> read = readAllThatIsAskedFor(300);
            assertThat(read).hasSizeLessThanOrEqualTo(FREE_ROWS);
            most = Math.max(most, read.size());
        }
        assertThat(most).isGreaterThan(FREE_ROWS / 2);
    }

    private List<OutboxRecord> readAllThatIsAskedFor(int size) {
        List<Head> heads = laneQuotas.planHeads(LANES, laneFloors, Set.of(), FREE_ROWS, FREE_BYTES);
        List<OutboxRecord> read = new ArrayList<>();
        byte[] value = new byte[size];
        for (Head head : heads) {
            for (int i = 0; i < head.quota(); i++) {
                read.add(new OutboxRecord(head.lane(), i, message(value), 0));
            }
        }
        laneQuotas.learn(heads, Intake.givenByLane(read), read);
        return read;
    }

    private static long bytes(List<OutboxRecord> read) {
        return read.stream().mapToLong(row -> row.message().size()).sum();
    }

    private static WireMessage message(byte[] value) {
        return new WireMessage(
                MessageId.of(UUID.randomUUID().toString()), "topic", null, null, value, new RecordHeaders());
    }
}
