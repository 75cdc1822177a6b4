package io.reliablemessaging.intake;

import static io.reliablemessaging.outbox.OutboxRows.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.reliablemessaging.outbox.OutboxReader;
import io.reliablemessaging.outbox.OutboxReader.Writers;
import io.reliablemessaging.outbox.OutboxRecord;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A floor never rises over a row that may still appear, is left, or is in flight. */
class LaneFloorsTests {

    private static final Set<String> ALL = Set.of();
    private static final Set<Integer> LANES = Set.of(0, 1);
    private static final int ENOUGH = 64;
    private static final long TO_ITS_END = Long.MAX_VALUE;

    private final OutboxReader reader = mock(OutboxReader.class);
    private final RowsInFlight rowsInFlight = new RowsInFlight();
    private final LaneFloors laneFloors = new LaneFloors();

    @Test
    void whereNobodyWritesTheFloorRisesToTheHighestIdThatWasDrawn() {
        assertThat(decides(100)).isTrue();
        raise(List.of());
        assertThat(laneFloors.readAfter(0, ALL)).isEqualTo(100);
        assertThat(laneFloors.readAfter(1, ALL)).isEqualTo(100);
        assertThat(laneFloors.readAfter(2, ALL)).as("a lane that was not read").isZero();
    }

    @Test
    void littleThatWasReadIsNotWorthAQuestion() {
        laneFloors.noteRead(Collections.nCopies(ENOUGH - 1, row(1, "orders", "a")));
        assertThat(laneFloors.advanceCandidate(reader, LANES, ALL)).isFalse();
        verify(reader, never()).writers();
    }

    @Test
    void aReadingThatDecidesNothingRaisesNothing() {
        raise(List.of());
        assertThat(laneFloors.readAfter(0, ALL)).isZero();
        assertThat(decides(100, "tx-1")).isFalse();
        raise(List.of());
        assertThat(laneFloors.readAfter(0, ALL)).isZero();
    }

    @Test
    void oneReadingIsDecidedOnce() {
        assertThat(decides(100)).isTrue();
        raise(List.of(row(10, "orders", "a")));
        raise(List.of());
        assertThat(laneFloors.readAfter(0, ALL)).isEqualTo(9);
    }

    @Test
    void theFloorWaitsForThoseWhoWroteAndRisesToWhatWasDrawnThen() {
        assertThat(decides(100, "tx-1", "tx-2")).isFalse();
        assertThat(decides(200, "tx-2", "tx-3")).as("one of them still writes").isFalse();
        assertThat(decides(300, "tx-3", "tx-4")).isTrue();
        raise(List.of());
        assertThat(laneFloors.readAfter(0, ALL))
                .as("200 and 300 were drawn while others wrote")
                .isEqualTo(100);
        assertThat(decides(400, "tx-5")).isTrue();
        raise(List.of());
        assertThat(laneFloors.readAfter(0, ALL)).isEqualTo(300);
    }

    @Test
    void whatIsLeftOfALaneBoundsItsFloorAlone() {
        assertThat(decides(100)).isTrue();
        raise(List.of(row(0, 40, "orders", "a"), row(0, 30, "orders", "b")));
        assertThat(laneFloors.readAfter(0, ALL)).isEqualTo(29);
        assertThat(laneFloors.readAfter(1, ALL)).isEqualTo(100);
    }

    @Test
    void aLaneThatWasNotReadToItsEndRisesToWhereItWasRead() {
        assertThat(decides(100)).isTrue();
        laneFloors.raise(Map.of(0, 50L), List.of(), rowsInFlight, ALL);
        assertThat(laneFloors.readAfter(0, ALL)).isEqualTo(50);
        assertThat(laneFloors.readAfter(1, ALL)).isZero();
    }

    @Test
    void rowsInFlightAreNotReadAgainUntilTheyAreGivenUp() {
        rowsInFlight.add(row(0, 20, "orders", "a"));
        assertThat(decides(100)).isTrue();
        raise(List.of());
        assertThat(laneFloors.readAfter(0, ALL)).isEqualTo(100);
        laneFloors.forgetMarks();
        assertThat(laneFloors.readAfter(0, ALL)).as("before the row in flight").isEqualTo(19);
        assertThat(laneFloors.readAfter(1, ALL)).isEqualTo(100);
    }

    @Test
    void aFloorNeverFalls() {
        assertThat(decides(100)).isTrue();
        raise(List.of());
        assertThat(decides(200)).isTrue();
        raise(List.of(row(0, 60, "orders", "a")));
        assertThat(laneFloors.readAfter(0, ALL)).isEqualTo(100);
    }

    @Test
    void whatWasFoundWithoutATopicHoldsOnlyWhileItIsLeftOut() {
        Set<String> withoutOrders = Set.of("orders");
        assertThat(decides(withoutOrders, 100)).isTrue();
        laneFloors.raise(ends(), List.of(), rowsInFlight, withoutOrders);
        assertThat(laneFloors.readAfter(0, withoutOrders)).isEqualTo(100);
        assertThat(laneFloors.readAfter(0, Set.of("orders", "payments"))).isEqualTo(100);
        assertThat(laneFloors.readAfter(0, ALL)).isZero();
        assertThat(laneFloors.readAfter(0, Set.of("payments"))).isZero();
    }

    @Test
    void whatIsInFlightOfATopicThatIsLeftOutBoundsNothing() {
        rowsInFlight.add(row(0, 20, "orders", "a"));
        Set<String> withoutOrders = Set.of("orders");
        assertThat(decides(withoutOrders, 100)).isTrue();
        laneFloors.raise(ends(), List.of(), rowsInFlight, withoutOrders);
        laneFloors.forgetMarks();
        assertThat(laneFloors.readAfter(0, withoutOrders)).isEqualTo(100);
    }

    @Test
    void ofManyChoicesOfTopicsTheOldestIsForgottenAndThatOfAllNever() {
        assertThat(decides(100)).isTrue();
        raise(List.of());
        for (int i = 0; i < 20; i++) {
            laneFloors.raise(0, 200 + i, List.of(), rowsInFlight, Set.of("topic-" + i));
        }
        assertThat(laneFloors.readAfter(0, Set.of("topic-19"))).isEqualTo(219);
        assertThat(laneFloors.readAfter(0, Set.of("topic-0"))).isEqualTo(100);
        assertThat(laneFloors.readAfter(0, ALL)).isEqualTo(100);
    }

    @Test
    void ofALaneThatIsLostNothingIsKnown() {
        assertThat(decides(100)).isTrue();
        raise(List.of());
        laneFloors.retain(Set.of(1));
        assertThat(laneFloors.readAfter(0, ALL)).isZero();
        assertThat(laneFloors.readAfter(1, ALL)).isEqualTo(100);
    }

    /** While it was another's, rows may have been put back below what was drawn. */
    @Test
    void aDecisionThatConcernsALostLaneIsNotTaken() {
        assertThat(decides(100, "tx-1")).isFalse();
        laneFloors.retain(Set.of(1));
        assertThat(decides(200, "tx-2")).as("begins anew").isFalse();
        assertThat(decides(300, "tx-3")).isTrue();
        raise(List.of());
        assertThat(laneFloors.readAfter(0, ALL)).isEqualTo(200);
    }

    @Test
    void aLaneThatCameLaterIsNotRaisedByAnEarlierDecision() {
        seenEnough();
        when(reader.writers()).thenReturn(new Writers(100, Set.of("tx-1")));
        assertThat(laneFloors.advanceCandidate(reader, Set.of(0), ALL)).isFalse();
        assertThat(decides(200, "tx-2")).isTrue();
        raise(List.of());
        assertThat(laneFloors.readAfter(0, ALL)).isEqualTo(100);
        assertThat(laneFloors.readAfter(1, ALL)).isZero();
    }

    @Test
    void whereTheSequenceDoesNotTellTheHighestIdThatWasSeenCounts() {
        laneFloors.noteRead(List.of(row(7, "orders", "a"), row(5, "orders", "b")));
        assertThat(laneFloors.highestDrawn(new Writers(0, Set.of()))).isEqualTo(7);
        assertThat(laneFloors.highestDrawn(new Writers(3, Set.of())))
                .as("it was set back")
                .isEqualTo(3);
    }

    private boolean decides(long highestId, String... transactions) {
        return decides(ALL, highestId, transactions);
    }

    private boolean decides(Set<String> leftOut, long highestId, String... transactions) {
        seenEnough();
        when(reader.writers()).thenReturn(new Writers(highestId, Set.of(transactions)));
        return laneFloors.advanceCandidate(reader, LANES, leftOut);
    }

    private void seenEnough() {
        laneFloors.noteRead(Collections.nCopies(ENOUGH, row(1, "orders", "a")));
    }

    private void raise(List<OutboxRecord> left) {
        laneFloors.raise(ends(), left, rowsInFlight, ALL);
    }

    private static Map<Integer, Long> ends() {
        return Map.of(0, TO_ITS_END, 1, TO_ITS_END);
    }
}
