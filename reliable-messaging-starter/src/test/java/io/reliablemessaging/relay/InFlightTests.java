package io.reliablemessaging.relay;

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
class InFlightTests {

    private final InFlight inFlight = new InFlight();

    @Test
    void aRowIsOlderThanAMomentOnlyIfItWasSentBefore() {
        long before = System.nanoTime();
        inFlight.add(row(0, 1));
        long after = System.nanoTime() + 1;
        assertThat(inFlight.hasOlder(before, List.of())).isFalse();
        assertThat(inFlight.hasOlder(after, List.of())).isTrue();
    }

    @Test
    void whatWasAnsweredDoesNotCount() {
        inFlight.add(row(0, 1));
        inFlight.add(row(1, 1));
        long after = System.nanoTime() + 1;
        assertThat(inFlight.hasOlder(after, List.of(row(0, 1))))
                .as("that of the other lane")
                .isTrue();
        assertThat(inFlight.hasOlder(after, List.of(row(0, 1), row(1, 1)))).isFalse();
    }

    @Test
    void whatIsSentAgainIsNew() {
        inFlight.add(row(0, 1));
        inFlight.retain(List.of());
        assertThat(inFlight.hasOlder(System.nanoTime() + 1, List.of())).isFalse();
        assertThat(inFlight.rows()).isZero();
    }

    @Test
    void whatIsAnsweredFreesItsRoom() {
        long free = inFlight.freeBytes();
        inFlight.add(row(0, 1));
        assertThat(inFlight.freeBytes()).isLessThan(free);
        inFlight.remove(row(0, 1));
        inFlight.remove(row(0, 1));
        assertThat(inFlight.freeBytes()).isEqualTo(free);
        assertThat(inFlight.hasLane(0)).isFalse();
    }

    @Test
    void whatIsLeftIsNotReadAgainUntilItIsForgottenAndNoFloorPassesIt() {
        inFlight.leave(row(0, 2));
        inFlight.leave(row(0, 3));
        inFlight.leave(row(0, 2));
        inFlight.add(row(0, 4));
        assertThat(inFlight.ids(head(0, 0), Set.of())).containsExactlyInAnyOrder(2L, 3L, 4L);
        assertThat(inFlight.ids(head(0, 0), Set.of("orders"))).isEmpty();
        assertThat(inFlight.ids(head(1, 0), Set.of())).isEmpty();
        assertThat(inFlight.lowestId(0, Set.of())).hasValue(2);
        inFlight.forgetLeft();
        assertThat(inFlight.ids(head(0, 0), Set.of())).containsExactly(4L);
        assertThat(inFlight.lowestId(0, Set.of())).hasValue(4);
    }

    @Test
    void idsBelowTheFloorNeedNotBeTold() {
        inFlight.add(row(0, 3));
        inFlight.add(row(0, 4));
        assertThat(inFlight.ids(head(0, 3), Set.of())).containsExactly(4L);
    }

    @Test
    void whatIsGivenBackIsToldApartFromWhatIsDeleted() {
        inFlight.add(row(0, 1));
        inFlight.add(row(0, 2));
        inFlight.leave(row(0, 3));
        assertThat(inFlight.contains(row(0, 1))).isTrue();
        assertThat(inFlight.contains(row(0, 3))).isTrue();
        long before = inFlight.givenBack();
        inFlight.remove(row(0, 1));
        assertThat(inFlight.givenBack()).isEqualTo(before);
        inFlight.giveBack(row(0, 2));
        long once = inFlight.givenBack();
        assertThat(once).isGreaterThan(before);
        inFlight.forgetLeft();
        long twice = inFlight.givenBack();
        assertThat(twice).isGreaterThan(once);
        inFlight.retain(List.of());
        assertThat(inFlight.givenBack()).isGreaterThan(twice);
        assertThat(inFlight.contains(row(0, 2))).isFalse();
        assertThat(inFlight.contains(row(0, 3))).isFalse();
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
