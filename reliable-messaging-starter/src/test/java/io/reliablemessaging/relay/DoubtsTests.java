package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.relay.Doubts.Blame;
import io.reliablemessaging.wire.WireMessage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

/** A row that keeps failing is guilty only if others are taken; what fails when nothing is taken is nobody's fault. */
class DoubtsTests {

    private static final Duration LONG = Duration.ofMinutes(1);

    private final Doubts doubts = new Doubts();
    private final OutboxRecord row = row(1, "orders", "k");
    private final OutboxRecord other = row(2, "orders", "other");
    private final OutboxRecord elsewhere = row(3, "payments", "k");
    private long now = 1;

    @Test
    void aRowIsGuiltyOnceItHasFailedOftenWhileOthersOfItsPartitionWereTaken() {
        for (int i = 1; i < Doubts.FAILURES; i++) {
            assertThat(fail(row)).isEqualTo(Blame.UNDECIDED);
            doubts.noteTaken(other, 0);
        }
        assertThat(fail(row)).isEqualTo(Blame.ROW);
        assertThat(doubts.isEmpty()).isTrue();
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
        doubts.noteTaken(other, 0);
        assertThat(fail(row)).isEqualTo(Blame.UNDECIDED);
    }

    /** One broker of three is sick: the partitions of the others take all. */
    @Test
    void rowsOfAPartitionThatTakesNothingAreNotGuiltyWhileOtherPartitionsTakeAll() {
        for (int i = 0; i < 100; i++) {
            assertThat(fail(row)).isEqualTo(Blame.UNDECIDED);
            assertThat(fail(other)).isEqualTo(Blame.UNDECIDED);
            doubts.noteTaken(row(100 + i, "orders", "k" + i), 1);
        }
    }

    @Test
    void theTopicIsToBlameWhereAPartitionTakesNothing() {
        assertThat(fail(row)).isEqualTo(Blame.UNDECIDED);
        assertThat(fail(other)).isEqualTo(Blame.UNDECIDED);
        assertThat(fail(row(4, "orders", "third"))).isEqualTo(Blame.UNDECIDED);
        OutboxRecord fourth = row(5, "orders", "fourth");
        assertThat(fail(fourth)).isEqualTo(Blame.TOPIC);
        assertThat(doubts.isSuspect(fourth)).isFalse();
        doubts.noteTaken(row(6, "orders", "fifth"), 0);
        assertThat(fail(fourth)).isEqualTo(Blame.UNDECIDED);
    }

    @Test
    void whereNothingElseIsSentToItsTopicOtherTopicsCountHalf() {
        for (int i = 1; i < 2 * Doubts.FAILURES - 1; i++) {
            assertThat(fail(row)).isEqualTo(Blame.UNDECIDED);
            doubts.noteTaken(elsewhere, 0);
        }
        assertThat(fail(row)).isEqualTo(Blame.ROW);
    }

    @Test
    void aRowThatReachesNoPartitionIsComparedWithItsTopic() {
        for (int i = 1; i < Doubts.FAILURES; i++) {
            assertThat(doubts.noteFailure(row, null, now)).isEqualTo(Blame.UNDECIDED);
            doubts.noteTaken(other, 7);
        }
        assertThat(doubts.noteFailure(row, null, now)).isEqualTo(Blame.ROW);
    }

    @Test
    void laterOnesOfItsKeyWaitAndNobodyElse() {
        fail(row);
        assertThat(doubts.mustWait(row, now)).isTrue();
        assertThat(doubts.mustWait(row(7, "orders", "k"), now)).isTrue();
        assertThat(doubts.mustWait(row(0, "orders", "k"), now)).isFalse();
        assertThat(doubts.mustWait(other, now)).isFalse();
        assertThat(doubts.mustWait(elsewhere, now)).isFalse();
        assertThat(doubts.mustWait(row(8, "orders", null), now)).isFalse();
    }

    /** The second had failed before the first did, which was sent again with all others. */
    @Test
    void ofTwoOfAKeyTheSecondStillHoldsTheLaterOnesWhenTheFirstIsTaken() {
        OutboxRecord second = row(11, "orders", "k");
        OutboxRecord third = row(12, "orders", "k");
        fail(second);
        fail(row);
        assertThat(doubts.mustWait(second, now + LONG.toNanos())).isTrue();
        doubts.noteTaken(row, 0);
        assertThat(doubts.mustWait(second, now + LONG.toNanos())).isFalse();
        assertThat(doubts.mustWait(third, now + LONG.toNanos())).isTrue();
        doubts.noteTaken(second, 0);
        assertThat(doubts.mustWait(third, now)).isFalse();
    }

    @Test
    void whenItsTimeHasComeOnlyTheLaterOnesWait() {
        fail(row);
        now += doubts.untilNext(LONG, now).toNanos();
        assertThat(doubts.mustWait(row, now)).isFalse();
        assertThat(doubts.isSuspect(row)).isTrue();
        assertThat(doubts.mustWait(row(7, "orders", "k"), now)).isTrue();
    }

    @Test
    void eachTimeItWaitsLonger() {
        fail(row);
        Duration first = doubts.untilNext(LONG, now);
        now += first.toNanos();
        fail(row);
        assertThat(doubts.untilNext(LONG, now)).isEqualTo(first.multipliedBy(2));
    }

    @Test
    void whatIsTakenIsInDoubtNoMore() {
        fail(row);
        doubts.noteTaken(row, 0);
        assertThat(doubts.isSuspect(row)).isFalse();
        assertThat(doubts.mustWait(row(7, "orders", "k"), now)).isFalse();
    }

    @Test
    void rowsOfLanesThatAreNotOursAreForgotten() {
        fail(row);
        doubts.retain(Set.of(1));
        assertThat(doubts.isEmpty()).isTrue();
        assertThat(doubts.mustWait(row(7, "orders", "k"), now)).isFalse();
    }

    private Blame fail(OutboxRecord failed) {
        return doubts.noteFailure(failed, 0, now);
    }

    private static OutboxRecord row(long id, String topic, String key) {
        byte[] bytes = key == null ? null : key.getBytes(StandardCharsets.UTF_8);
        WireMessage message =
                new WireMessage(new MessageId(new UUID(0, id)), topic, null, bytes, new byte[1], new RecordHeaders());
        return new OutboxRecord(0, id, message, 0);
    }
}
