package io.reliablemessaging.intake;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.outbox.OutboxReader.Head;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.wire.WireMessage;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

/** What is under way, and whether for too long. */
class RowsInFlightTests {

    private final RowsInFlight rowsInFlight = new RowsInFlight();

    @Test
    void aRowIsOlderThanAMomentOnlyIfItWasSentBefore() {
        long before = System.nanoTime();
        rowsInFlight.add(row(0, 1));
        long after = System.nanoTime() + 1;
        assertThat(rowsInFlight.hasOlder(before, List.of())).isFalse();
        assertThat(rowsInFlight.hasOlder(after, List.of())).isTrue();
    }

    @Test
    void whatWasAnsweredDoesNotCount() {
        rowsInFlight.add(row(0, 1));
        rowsInFlight.add(row(1, 1));
        long after = System.nanoTime() + 1;
        assertThat(rowsInFlight.hasOlder(after, List.of(row(0, 1))))
                .as("that of the other lane")
                .isTrue();
        assertThat(rowsInFlight.hasOlder(after, List.of(row(0, 1), row(1, 1)))).isFalse();
    }

    @Test
    void whatIsSentAgainIsNew() {
        rowsInFlight.add(row(0, 1));
        rowsInFlight.retain(List.of());
        assertThat(rowsInFlight.hasOlder(System.nanoTime() + 1, List.of())).isFalse();
        assertThat(rowsInFlight.rows()).isZero();
    }

    @Test
    void whatIsAnsweredFreesItsRoom() {
        long free = rowsInFlight.freeBytes();
        rowsInFlight.add(row(0, 1));
        assertThat(rowsInFlight.freeBytes()).isLessThan(free);
        rowsInFlight.remove(row(0, 1));
        rowsInFlight.remove(row(0, 1));
        assertThat(rowsInFlight.freeBytes()).isEqualTo(free);
        assertThat(rowsInFlight.hasLane(0)).isFalse();
    }

    @Test
    void whatIsLeftIsNotReadAgainUntilItIsForgottenAndNoFloorPassesIt() {
        rowsInFlight.leave(row(0, 2));
        rowsInFlight.leave(row(0, 3));
        rowsInFlight.leave(row(0, 2));
        rowsInFlight.add(row(0, 4));
        assertThat(rowsInFlight.ids(head(0, 0), Set.of())).containsExactlyInAnyOrder(2L, 3L, 4L);
        assertThat(rowsInFlight.ids(head(0, 0), Set.of("orders"))).isEmpty();
        assertThat(rowsInFlight.ids(head(1, 0), Set.of())).isEmpty();
        assertThat(rowsInFlight.lowestId(0, Set.of())).hasValue(2);
        rowsInFlight.forgetLeft();
        assertThat(rowsInFlight.ids(head(0, 0), Set.of())).containsExactly(4L);
        assertThat(rowsInFlight.lowestId(0, Set.of())).hasValue(4);
    }

    @Test
    void idsBelowTheFloorNeedNotBeTold() {
        rowsInFlight.add(row(0, 3));
        rowsInFlight.add(row(0, 4));
        assertThat(rowsInFlight.ids(head(0, 3), Set.of())).containsExactly(4L);
    }

    @Test
    void whatIsGivenBackIsToldApartFromWhatIsDeleted() {
        rowsInFlight.add(row(0, 1));
        rowsInFlight.add(row(0, 2));
        rowsInFlight.leave(row(0, 3));
        assertThat(rowsInFlight.contains(row(0, 1))).isTrue();
        assertThat(rowsInFlight.contains(row(0, 3))).isTrue();
        long before = rowsInFlight.givenBack();
        rowsInFlight.remove(row(0, 1));
        assertThat(rowsInFlight.givenBack()).isEqualTo(before);
        rowsInFlight.giveBack(row(0, 2));
        long once = rowsInFlight.givenBack();
        assertThat(once).isGreaterThan(before);
        rowsInFlight.forgetLeft();
        long twice = rowsInFlight.givenBack();
        assertThat(twice).isGreaterThan(once);
        rowsInFlight.retain(List.of());
        assertThat(rowsInFlight.givenBack()).isGreaterThan(twice);
        assertThat(rowsInFlight.contains(row(0, 2))).isFalse();
        assertThat(rowsInFlight.contains(row(0, 3))).isFalse();
    }

    private static List<Head> head(int lane, long floor) {
        return List.of(new Head(lane, 100, floor));
    }

    private static OutboxRecord row(int lane, long id) {
        MessageId messageId = new MessageId(new UUID(lane, id));
        return new OutboxRecord(
                lane, id, new WireMessage(messageId, "orders", null, null, new byte[10], new RecordHeaders()), 0);
    }
}
