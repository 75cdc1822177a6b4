package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.relay.RowsInDoubt.Blame;
import io.reliablemessaging.wire.WireMessage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

/** A row that keeps failing is guilty only if others are taken; what fails when nothing is taken is nobody's fault. */
class RowsInDoubtTests {

    private static final Duration LONG = Duration.ofMinutes(1);

    private final RowsInDoubt rowsInDoubt = new RowsInDoubt();
    private final OutboxRecord row = row(1, "orders", "k");
    private final OutboxRecord other = row(2, "orders", "other");
    private final OutboxRecord elsewhere = row(3, "payments", "k");
    private long now = 1;

    @Test
    void aRowIsGuiltyOnceItHasFailedOftenWhileOthersOfItsPartitionWereTaken() {
        for (int i = 1; i < RowsInDoubt.FAILURES; i++) {
            assertThat(fail(row)).isEqualTo(Blame.UNDECIDED);
            rowsInDoubt.noteTaken(other, 0);
        }
        assertThat(fail(row)).isEqualTo(Blame.ROW);
        assertThat(rowsInDoubt.isEmpty()).isTrue();
    }

    @Test
    void aRowIsNeverGuiltyWhileNothingIsTaken() {
        for (int i = 0; i < 1000; i++) {
            assertThat(fail(row)).isEqualTo(Blame.UNDECIDED);
        }
    }

    @Test
    void failuresOfAnOutageDoNotCountWhenItIsOver() {
        for (int i = 0; i < 1000; i++) {
            assertThat(fail(row)).isEqualTo(Blame.UNDECIDED);
        }
        rowsInDoubt.noteTaken(other, 0);
        assertThat(fail(row)).isEqualTo(Blame.UNDECIDED);
    }

    /** One broker of three is sick: the partitions of the others take all. */
    @Test
    void rowsOfAPartitionThatTakesNothingAreNotGuiltyWhileOtherPartitionsTakeAll() {
        for (int i = 0; i < 100; i++) {
            assertThat(fail(row)).isEqualTo(Blame.UNDECIDED);
            assertThat(fail(other)).isEqualTo(Blame.UNDECIDED);
            rowsInDoubt.noteTaken(row(100 + i, "orders", "k" + i), 1);
        }
    }

    @Test
    void theTopicIsToBlameWhereAPartitionTakesNothing() {
        assertThat(fail(row)).isEqualTo(Blame.UNDECIDED);
        assertThat(fail(other)).isEqualTo(Blame.UNDECIDED);
        assertThat(fail(row(4, "orders", "third"))).isEqualTo(Blame.UNDECIDED);
        OutboxRecord fourth = row(5, "orders", "fourth");
        assertThat(fail(fourth)).isEqualTo(Blame.TOPIC);
        assertThat(rowsInDoubt.isSuspect(fourth)).isFalse();
        rowsInDoubt.noteTaken(row(6, "orders", "fifth"), 0);
        assertThat(fail(fourth)).isEqualTo(Blame.UNDECIDED);
    }

    @Test
    void whereNothingElseIsSentToItsTopicOtherTopicsCountHalf() {
        for (int i = 1; i < 2 * RowsInDoubt.FAILURES - 1; i++) {
            assertThat(fail(row)).isEqualTo(Blame.UNDECIDED);
            rowsInDoubt.noteTaken(elsewhere, 0);
        }
        assertThat(fail(row)).isEqualTo(Blame.ROW);
    }

    @Test
    void aRowThatReachesNoPartitionIsComparedWithItsTopic() {
        for (int i = 1; i < RowsInDoubt.FAILURES; i++) {
            assertThat(rowsInDoubt.noteFailure(row, null, now)).isEqualTo(Blame.UNDECIDED);
            rowsInDoubt.noteTaken(other, 7);
        }
        assertThat(rowsInDoubt.noteFailure(row, null, now)).isEqualTo(Blame.ROW);
    }

    @Test
    void laterOnesOfItsKeyWaitAndNobodyElse() {
        fail(row);
        assertThat(rowsInDoubt.mustWait(row, now)).isTrue();
        assertThat(rowsInDoubt.mustWait(row(7, "orders", "k"), now)).isTrue();
        assertThat(rowsInDoubt.mustWait(row(0, "orders", "k"), now)).isFalse();
        assertThat(rowsInDoubt.mustWait(other, now)).isFalse();
        assertThat(rowsInDoubt.mustWait(elsewhere, now)).isFalse();
        assertThat(rowsInDoubt.mustWait(row(8, "orders", null), now)).isFalse();
    }

    /** The second had failed before the first did, which was sent again with all others. */
    @Test
    void ofTwoOfAKeyTheSecondStillHoldsTheLaterOnesWhenTheFirstIsTaken() {
        OutboxRecord second = row(11, "orders", "k");
        OutboxRecord third = row(12, "orders", "k");
        fail(second);
        fail(row);
        assertThat(rowsInDoubt.mustWait(second, now + LONG.toNanos())).isTrue();
        rowsInDoubt.noteTaken(row, 0);
        assertThat(rowsInDoubt.mustWait(second, now + LONG.toNanos())).isFalse();
        assertThat(rowsInDoubt.mustWait(third, now + LONG.toNanos())).isTrue();
        rowsInDoubt.noteTaken(second, 0);
        assertThat(rowsInDoubt.mustWait(third, now)).isFalse();
    }

    @Test
    void whenItsTimeHasComeOnlyTheLaterOnesWait() {
        fail(row);
        now += rowsInDoubt.untilNext(LONG, now).toNanos();
        assertThat(rowsInDoubt.mustWait(row, now)).isFalse();
        assertThat(rowsInDoubt.isSuspect(row)).isTrue();
        assertThat(rowsInDoubt.mustWait(row(7, "orders", "k"), now)).isTrue();
    }

    @Test
    void eachTimeItWaitsLonger() {
        fail(row);
        Duration first = rowsInDoubt.untilNext(LONG, now);
        now += first.toNanos();
        fail(row);
        assertThat(rowsInDoubt.untilNext(LONG, now)).isEqualTo(first.multipliedBy(2));
    }

    @Test
    void whatIsTakenIsInDoubtNoMore() {
        fail(row);
        rowsInDoubt.noteTaken(row, 0);
        assertThat(rowsInDoubt.isSuspect(row)).isFalse();
        assertThat(rowsInDoubt.mustWait(row(7, "orders", "k"), now)).isFalse();
    }

    @Test
    void rowsOfLanesThatAreNotOursAreForgotten() {
        fail(row);
        rowsInDoubt.retain(Set.of(1));
        assertThat(rowsInDoubt.isEmpty()).isTrue();
        assertThat(rowsInDoubt.mustWait(row(7, "orders", "k"), now)).isFalse();
    }

    private Blame fail(OutboxRecord failed) {
        return rowsInDoubt.noteFailure(failed, 0, now);
    }

    private static OutboxRecord row(long id, String topic, String key) {
        byte[] bytes = key == null ? null : key.getBytes(StandardCharsets.UTF_8);
        WireMessage message =
                new WireMessage(new MessageId(new UUID(0, id)), topic, null, bytes, new byte[1], new RecordHeaders());
        return new OutboxRecord(0, id, message, 0);
    }
}
