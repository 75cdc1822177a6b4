package io.reliablemessaging.relay;

import static io.reliablemessaging.outbox.OutboxRows.key;
import static io.reliablemessaging.outbox.OutboxRows.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.producer.RelayProducer.NotSent;
import io.reliablemessaging.producer.SendVerdict;
import io.reliablemessaging.producer.TopicQuestions;
import io.reliablemessaging.quarantine.QuarantineTable;
import io.reliablemessaging.quarantine.QuarantineTable.Contents;
import io.reliablemessaging.reachability.Infrastructure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who has to wait for a failure: the record, its topic, all of them, or nobody until it is known. */
class SendGateTests {

    private static final Duration LONG = Duration.ofMinutes(1);

    private final QuarantineTable quarantine = mock(QuarantineTable.class);
    private final ProducerRefusal producerRefusal = new ProducerRefusal();
    private final Observed observed = new Observed();
    private final SendGate sendGate = new SendGate(quarantine, producerRefusal, observed, Infrastructure.unwatched());

    private final OutboxRecord row = row(1, "orders", "a");
    private final OutboxRecord later = row(2, "orders", "a");
    private final OutboxRecord other = row(3, "orders", "b");

    /** What observers were told. */
    private static final class Observed implements MessagingObserver {

        private final List<MessageId> notSent = new ArrayList<>();
        private final List<MessageId> quarantined = new ArrayList<>();

        @Override
        public void notSent(MessageId id, String topic, Throwable cause) {
            notSent.add(id);
        }

        @Override
        public void quarantined(MessageId id, String topic, Throwable cause) {
            quarantined.add(id);
        }
    }

    @BeforeEach
    void nothingIsInQuarantine() {
        when(quarantine.readContents(any())).thenReturn(new Contents(Map.of(), Set.of(), true));
        when(quarantine.move(any(), any())).thenReturn(true);
        sendGate.follow(Set.of(0), Map.of());
    }

    @Test
    void theRecordThatTheBrokerNamesGoesIntoQuarantineAndItsNeighboursAreNotAccused() {
        Exception cause = new RecordTooLargeException("too large");
        List<OutboxRecord> together =
                sendGate.judge(List.of(failure(other, new IllegalStateException("batch failed")), failure(row, cause)));
        assertThat(together).isEmpty();
        verify(quarantine).move(row, cause);
        assertThat(sendGate.isBehindQuarantined(later)).isTrue();
        assertThat(sendGate.isSuspect(other)).isFalse();
        assertThat(sendGate.isSendingPaused()).as("the others are sent at once").isFalse();
        assertThat(observed.quarantined).containsExactly(row.message().id());
        assertThat(observed.notSent)
                .containsExactlyInAnyOrder(row.message().id(), other.message().id());
    }

    @Test
    void recordsThatAreNamedTogetherAreSentAloneBeforeAnyIsJudged() {
        List<OutboxRecord> together = sendGate.judge(List.of(
                failure(row, new InvalidRecordException("one of them")),
                failure(other, new InvalidRecordException("one of them"))));
        assertThat(together).containsExactly(row, other);
        verify(quarantine, never()).move(any(), any());
        assertThat(sendGate.isBehindQuarantined(later)).isFalse();
    }

    @Test
    void ofSeveralUnknownFailuresNobodyIsKnownToBeTheCause() {
        List<OutboxRecord> together = sendGate.judge(List.of(unknown(row), unknown(other)));
        assertThat(together).containsExactly(row, other);
        assertThat(sendGate.isSuspect(row)).isFalse();
        assertThat(sendGate.isSendingPaused())
                .as("before another producer is opened")
                .isTrue();
        assertThat(sendGate.untilNext(LONG)).isLessThan(LONG);
    }

    @Test
    void aRecordThatFailsAloneForAnUnknownReasonIsInDoubtAndItsKeyWaits() {
        assertThat(sendGate.judge(List.of(unknown(row)))).isEmpty();
        verify(quarantine, never()).move(any(), any());
        assertThat(sendGate.isSuspect(row)).isTrue();
        assertThat(sendGate.mustWaitForSuspect(row)).isTrue();
        assertThat(sendGate.mustWaitForSuspect(later)).isTrue();
        assertThat(sendGate.mustWaitForSuspect(other)).isFalse();
        assertThat(observed.notSent).containsExactly(row.message().id());
    }

    @Test
    void aFailureOfTheTopicHoldsItAndExplainsWhatFailedBesideIt() {
        OutboxRecord elsewhere = row(4, "payments", "a");
        List<OutboxRecord> together = sendGate.judge(
                List.of(failure(row, new TopicAuthorizationException("orders")), unknown(other), unknown(elsewhere)));
        assertThat(together).isEmpty();
        assertThat(sendGate.pausedTopics()).containsExactly("orders");
        assertThat(sendGate.whyHeld("orders")).isNotNull();
        assertThat(sendGate.isSuspect(other)).isFalse();
        assertThat(sendGate.isSuspect(elsewhere)).isFalse();
        assertThat(sendGate.isSendingPaused()).isFalse();
    }

    @Test
    void aFailureOfTheProducerStopsAllAndAccusesNobody() {
        assertThat(sendGate.judge(List.of(failure(row, new ClusterAuthorizationException("no")), unknown(other))))
                .isEmpty();
        assertThat(sendGate.isSendingPaused()).isTrue();
        assertThat(producerRefusal.cause()).contains("ClusterAuthorizationException");
        assertThat(sendGate.pausedTopics()).isEmpty();
        assertThat(sendGate.isSuspect(other)).isFalse();
    }

    @Test
    void whatPassesByItselfAccusesNobody() {
        assertThat(sendGate.judge(List.of(
                        failure(row, new NotEnoughReplicasException("one is down")),
                        failure(other, new NotEnoughReplicasException("one is down")))))
                .isEmpty();
        assertThat(sendGate.isSuspect(row)).isFalse();
        assertThat(sendGate.pausedTopics()).isEmpty();
        verify(quarantine, never()).move(any(), any());
    }

    @Test
    void aRowOfALaneThatIsNoLongerOursBlocksNothing() {
        when(quarantine.move(any(), any())).thenReturn(false);
        sendGate.judgeRefused(row, new RecordTooLargeException("too large"));
        assertThat(sendGate.isBehindQuarantined(later)).isFalse();
        assertThat(sendGate.hasQuarantined()).isFalse();
        assertThat(observed.quarantined).isEmpty();
    }

    @Test
    void aRowThatGoesOnFailingWhileOthersAreTakenGoesIntoQuarantine() {
        for (int i = 1; i < RowsInDoubt.FAILURES; i++) {
            sendGate.judgeAlone(unknown(row));
            sendGate.noteTaken(other, 0);
        }
        verify(quarantine, never()).move(any(), any());
        sendGate.judgeAlone(unknown(row));
        verify(quarantine).move(any(), any());
        assertThat(sendGate.isSuspect(row)).isFalse();
        assertThat(sendGate.isBehindQuarantined(later)).isTrue();
    }

    @Test
    void anErrorIsThrownOnUntilTheSameRowHasMetItThreeTimesInARow() {
        Error error = new NoClassDefFoundError("Missing");
        assertThatThrownBy(() -> sendGate.judgeThrown(row, error)).isSameAs(error);
        assertThatThrownBy(() -> sendGate.judgeThrown(row, error)).isSameAs(error);
        assertThatThrownBy(() -> sendGate.judgeThrown(other, error))
                .as("another row")
                .isSameAs(error);
        assertThatThrownBy(() -> sendGate.judgeThrown(row, error))
                .as("counts anew")
                .isSameAs(error);
        assertThatThrownBy(() -> sendGate.judgeThrown(row, error)).isSameAs(error);
        assertThat(sendGate.judgeThrown(row, error)).hasCause(error);
    }

    @Test
    void aRowOfAnotherLaneWithTheSameIdIsAnotherRow() {
        Error error = new NoClassDefFoundError("Missing");
        assertThatThrownBy(() -> sendGate.judgeThrown(row, error)).isSameAs(error);
        assertThatThrownBy(() -> sendGate.judgeThrown(row, error)).isSameAs(error);
        assertThatThrownBy(() -> sendGate.judgeThrown(row(7, 1, "orders", "a"), error))
                .isSameAs(error);
    }

    @Test
    void aLackOfMemoryIsNeverTheFaultOfARow() {
        Error error = new OutOfMemoryError("heap");
        for (int i = 0; i < 10; i++) {
            assertThatThrownBy(() -> sendGate.judgeThrown(row, error)).isSameAs(error);
        }
        Error deep = new StackOverflowError();
        assertThatThrownBy(() -> sendGate.judgeThrown(other, deep)).isSameAs(deep);
        assertThatThrownBy(() -> sendGate.judgeThrown(other, deep)).isSameAs(deep);
        assertThat(sendGate.judgeThrown(other, deep))
                .as("of a record's own depth")
                .hasCause(deep);
    }

    @Test
    void rowsBehindAQuarantinedOneAreMovedThereAndThoseBehindAReleasedOneStay() {
        when(quarantine.readContents(any()))
                .thenReturn(new Contents(
                        Map.of(key("orders", "a"), 1L, key("orders", "b"), 1L), Set.of(key("orders", "b")), false));
        sendGate.forgetBlocked();
        sendGate.follow(Set.of(0), Map.of());
        OutboxRecord free = row(4, "orders", "c");
        List<OutboxRecord> left = new ArrayList<>();
        assertThat(sendGate.quarantineFollowers(List.of(later, other, free), left::add))
                .containsExactly(free);
        assertThat(left).containsExactly(other);
        verify(quarantine).moveBehind(List.of(later));
    }

    @Test
    void whereNothingIsBlockedNothingIsWritten() {
        List<OutboxRecord> rows = List.of(row, later, other);
        assertThat(sendGate.quarantineFollowers(rows, left -> {})).isEqualTo(rows);
        verify(quarantine, never()).moveBehind(any());
    }

    @Test
    void aReleasedRowThatIsRefusedAgainIsHeldAgainUnlessItsTopicIsToBlame() {
        Exception unknown = new IllegalStateException("who knows");
        sendGate.judgeReleased(row, unknown);
        verify(quarantine).revokeRelease(row, unknown);
        sendGate.judgeReleased(other, new TopicAuthorizationException("orders"));
        verify(quarantine, never()).revokeRelease(eq(other), any());
        assertThat(sendGate.isPaused("orders")).isTrue();
        sendGate.judgeReleased(row(4, "payments", "a"), new ClusterAuthorizationException("no"));
        assertThat(sendGate.isPaused("payments")).isFalse();
        assertThat(sendGate.isSendingPaused()).isTrue();
    }

    @Test
    void aRecordThatIsTakenEndsEveryWaitButThatOfOthersInDoubt() {
        sendGate.judgeAlone(failure(row, new TopicAuthorizationException("orders")));
        sendGate.judgeAlone(failure(row, new ClusterAuthorizationException("no")));
        sendGate.judgeAlone(unknown(other));
        sendGate.noteTaken(row, 0);
        assertThat(sendGate.pausedTopics()).isEmpty();
        assertThat(sendGate.isSendingPaused()).isFalse();
        assertThat(sendGate.isSuspect(other)).isTrue();
    }

    @Test
    void aTopicOfWhichNothingIsKnownIsHeldUnlessTheProducerIsToBlame() {
        sendGate.noteUnanswered(
                new TopicQuestions.Unanswered("orders", row, new TopicAuthorizationException("orders")));
        assertThat(sendGate.isPaused("orders")).isTrue();
        assertThat(observed.notSent).containsExactly(row.message().id());
        sendGate.noteUnanswered(
                new TopicQuestions.Unanswered("payments", null, new ClusterAuthorizationException("no")));
        assertThat(sendGate.isPaused("payments")).isFalse();
        assertThat(sendGate.isSendingPaused()).isTrue();
        assertThat(observed.notSent).hasSize(1);
    }

    @Test
    void onAnotherServerRowsAreForgottenAndTopicsStayHeld() {
        sendGate.judgeAlone(unknown(row));
        sendGate.judgeAlone(failure(row(4, "payments", "a"), new TopicAuthorizationException("payments")));
        sendGate.forgetRows();
        assertThat(sendGate.isSuspect(row)).isFalse();
        assertThat(sendGate.isPaused("payments")).isTrue();
        assertThat(sendGate.follow(Set.of(0), Map.of())).as("loaded again").isTrue();
    }

    private static NotSent unknown(OutboxRecord row) {
        return failure(row, new IllegalStateException("who knows"));
    }

    private static NotSent failure(OutboxRecord row, Exception cause) {
        return new NotSent(row, cause, 0, SendVerdict.on(cause));
    }
}
