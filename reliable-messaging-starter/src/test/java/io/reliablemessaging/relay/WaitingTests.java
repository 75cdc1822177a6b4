package io.reliablemessaging.relay;

import static io.reliablemessaging.relay.OutboxRows.key;
import static io.reliablemessaging.relay.OutboxRows.row;
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
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.relay.QuarantineTable.Contents;
import io.reliablemessaging.relay.RelayProducer.NotSent;
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
class WaitingTests {

    private static final Duration LONG = Duration.ofMinutes(1);

    private final QuarantineTable quarantine = mock(QuarantineTable.class);
    private final Refusal refusal = new Refusal();
    private final Observed observed = new Observed();
    private final Waiting waiting = new Waiting(quarantine, refusal, observed, Infrastructure.unwatched());

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
        waiting.follow(Set.of(0), Map.of());
    }

    @Test
    void theRecordThatTheBrokerNamesGoesIntoQuarantineAndItsNeighboursAreNotAccused() {
        Exception cause = new RecordTooLargeException("too large");
        List<OutboxRecord> together =
                waiting.judge(List.of(failure(other, new IllegalStateException("batch failed")), failure(row, cause)));
        assertThat(together).isEmpty();
        verify(quarantine).move(row, cause);
        assertThat(waiting.isBehindQuarantined(later)).isTrue();
        assertThat(waiting.isSuspect(other)).isFalse();
        assertThat(waiting.isSendingPaused()).as("the others are sent at once").isFalse();
        assertThat(observed.quarantined).containsExactly(row.message().id());
        assertThat(observed.notSent)
                .containsExactlyInAnyOrder(row.message().id(), other.message().id());
    }

    @Test
    void recordsThatAreNamedTogetherAreSentAloneBeforeAnyIsJudged() {
        List<OutboxRecord> together = waiting.judge(List.of(
                failure(row, new InvalidRecordException("one of them")),
                failure(other, new InvalidRecordException("one of them"))));
        assertThat(together).containsExactly(row, other);
        verify(quarantine, never()).move(any(), any());
        assertThat(waiting.isBehindQuarantined(later)).isFalse();
    }

    @Test
    void ofSeveralUnknownFailuresNobodyIsKnownToBeTheCause() {
        List<OutboxRecord> together = waiting.judge(List.of(unknown(row), unknown(other)));
        assertThat(together).containsExactly(row, other);
        assertThat(waiting.isSuspect(row)).isFalse();
        assertThat(waiting.isSendingPaused())
                .as("before another producer is opened")
                .isTrue();
        assertThat(waiting.untilNext(LONG)).isLessThan(LONG);
    }

    @Test
    void aRecordThatFailsAloneForAnUnknownReasonIsInDoubtAndItsKeyWaits() {
        assertThat(waiting.judge(List.of(unknown(row)))).isEmpty();
        verify(quarantine, never()).move(any(), any());
        assertThat(waiting.isSuspect(row)).isTrue();
        assertThat(waiting.mustWaitForSuspect(row)).isTrue();
        assertThat(waiting.mustWaitForSuspect(later)).isTrue();
        assertThat(waiting.mustWaitForSuspect(other)).isFalse();
        assertThat(observed.notSent).containsExactly(row.message().id());
    }

    @Test
    void aFailureOfTheTopicHoldsItAndExplainsWhatFailedBesideIt() {
        OutboxRecord elsewhere = row(4, "payments", "a");
        List<OutboxRecord> together = waiting.judge(
                List.of(failure(row, new TopicAuthorizationException("orders")), unknown(other), unknown(elsewhere)));
        assertThat(together).isEmpty();
        assertThat(waiting.pausedTopics()).containsExactly("orders");
        assertThat(waiting.whyHeld("orders")).isNotNull();
        assertThat(waiting.isSuspect(other)).isFalse();
        assertThat(waiting.isSuspect(elsewhere)).isFalse();
        assertThat(waiting.isSendingPaused()).isFalse();
    }

    @Test
    void aFailureOfTheProducerStopsAllAndAccusesNobody() {
        assertThat(waiting.judge(List.of(failure(row, new ClusterAuthorizationException("no")), unknown(other))))
                .isEmpty();
        assertThat(waiting.isSendingPaused()).isTrue();
        assertThat(refusal.cause()).contains("ClusterAuthorizationException");
        assertThat(waiting.pausedTopics()).isEmpty();
        assertThat(waiting.isSuspect(other)).isFalse();
    }

    @Test
    void whatPassesByItselfAccusesNobody() {
        assertThat(waiting.judge(List.of(
                        failure(row, new NotEnoughReplicasException("one is down")),
                        failure(other, new NotEnoughReplicasException("one is down")))))
                .isEmpty();
        assertThat(waiting.isSuspect(row)).isFalse();
        assertThat(waiting.pausedTopics()).isEmpty();
        verify(quarantine, never()).move(any(), any());
    }

    @Test
    void aRowOfALaneThatIsNoLongerOursBlocksNothing() {
        when(quarantine.move(any(), any())).thenReturn(false);
        waiting.judgeRefused(row, new RecordTooLargeException("too large"));
        assertThat(waiting.isBehindQuarantined(later)).isFalse();
        assertThat(waiting.hasQuarantined()).isFalse();
        assertThat(observed.quarantined).isEmpty();
    }

    @Test
    void aRowThatGoesOnFailingWhileOthersAreTakenGoesIntoQuarantine() {
        for (int i = 1; i < Doubts.FAILURES; i++) {
            waiting.judgeAlone(unknown(row));
            waiting.noteTaken(other, 0);
        }
        verify(quarantine, never()).move(any(), any());
        waiting.judgeAlone(unknown(row));
        verify(quarantine).move(any(), any());
        assertThat(waiting.isSuspect(row)).isFalse();
        assertThat(waiting.isBehindQuarantined(later)).isTrue();
    }

    @Test
    void anErrorIsThrownOnUntilTheSameRowHasMetItThreeTimesInARow() {
        Error error = new NoClassDefFoundError("Missing");
        assertThatThrownBy(() -> waiting.judgeThrown(row, error)).isSameAs(error);
        assertThatThrownBy(() -> waiting.judgeThrown(row, error)).isSameAs(error);
        assertThatThrownBy(() -> waiting.judgeThrown(other, error))
                .as("another row")
                .isSameAs(error);
        assertThatThrownBy(() -> waiting.judgeThrown(row, error))
                .as("counts anew")
                .isSameAs(error);
        assertThatThrownBy(() -> waiting.judgeThrown(row, error)).isSameAs(error);
        assertThat(waiting.judgeThrown(row, error)).hasCause(error);
    }

    @Test
    void aRowOfAnotherLaneWithTheSameIdIsAnotherRow() {
        Error error = new NoClassDefFoundError("Missing");
        assertThatThrownBy(() -> waiting.judgeThrown(row, error)).isSameAs(error);
        assertThatThrownBy(() -> waiting.judgeThrown(row, error)).isSameAs(error);
        assertThatThrownBy(() -> waiting.judgeThrown(row(7, 1, "orders", "a"), error))
                .isSameAs(error);
    }

    @Test
    void aLackOfMemoryIsNeverTheFaultOfARow() {
        Error error = new OutOfMemoryError("heap");
        for (int i = 0; i < 10; i++) {
            assertThatThrownBy(() -> waiting.judgeThrown(row, error)).isSameAs(error);
        }
        Error deep = new StackOverflowError();
        assertThatThrownBy(() -> waiting.judgeThrown(other, deep)).isSameAs(deep);
        assertThatThrownBy(() -> waiting.judgeThrown(other, deep)).isSameAs(deep);
        assertThat(waiting.judgeThrown(other, deep))
                .as("of a record's own depth")
                .hasCause(deep);
    }

    @Test
    void rowsBehindAQuarantinedOneAreMovedThereAndThoseBehindAReleasedOneStay() {
        when(quarantine.readContents(any()))
                .thenReturn(new Contents(
                        Map.of(key("orders", "a"), 1L, key("orders", "b"), 1L), Set.of(key("orders", "b")), false));
        waiting.forgetBlocked();
        waiting.follow(Set.of(0), Map.of());
        OutboxRecord free = row(4, "orders", "c");
        List<OutboxRecord> left = new ArrayList<>();
        assertThat(waiting.quarantineFollowers(List.of(later, other, free), left::add))
                .containsExactly(free);
        assertThat(left).containsExactly(other);
        verify(quarantine).moveBehind(List.of(later));
    }

    @Test
    void whereNothingIsBlockedNothingIsWritten() {
        List<OutboxRecord> rows = List.of(row, later, other);
        assertThat(waiting.quarantineFollowers(rows, left -> {})).isEqualTo(rows);
        verify(quarantine, never()).moveBehind(any());
    }

    @Test
    void aReleasedRowThatIsRefusedAgainIsHeldAgainUnlessItsTopicIsToBlame() {
        Exception unknown = new IllegalStateException("who knows");
        waiting.judgeReleased(row, unknown);
        verify(quarantine).revokeRelease(row, unknown);
        waiting.judgeReleased(other, new TopicAuthorizationException("orders"));
        verify(quarantine, never()).revokeRelease(eq(other), any());
        assertThat(waiting.isPaused("orders")).isTrue();
        waiting.judgeReleased(row(4, "payments", "a"), new ClusterAuthorizationException("no"));
        assertThat(waiting.isPaused("payments")).isFalse();
        assertThat(waiting.isSendingPaused()).isTrue();
    }

    @Test
    void aRecordThatIsTakenEndsEveryWaitButThatOfOthersInDoubt() {
        waiting.judgeAlone(failure(row, new TopicAuthorizationException("orders")));
        waiting.judgeAlone(failure(row, new ClusterAuthorizationException("no")));
        waiting.judgeAlone(unknown(other));
        waiting.noteTaken(row, 0);
        assertThat(waiting.pausedTopics()).isEmpty();
        assertThat(waiting.isSendingPaused()).isFalse();
        assertThat(waiting.isSuspect(other)).isTrue();
    }

    @Test
    void aTopicOfWhichNothingIsKnownIsHeldUnlessTheProducerIsToBlame() {
        waiting.noteUnanswered(new TopicQuestions.Unanswered("orders", row, new TopicAuthorizationException("orders")));
        assertThat(waiting.isPaused("orders")).isTrue();
        assertThat(observed.notSent).containsExactly(row.message().id());
        waiting.noteUnanswered(
                new TopicQuestions.Unanswered("payments", null, new ClusterAuthorizationException("no")));
        assertThat(waiting.isPaused("payments")).isFalse();
        assertThat(waiting.isSendingPaused()).isTrue();
        assertThat(observed.notSent).hasSize(1);
    }

    @Test
    void onAnotherServerRowsAreForgottenAndTopicsStayHeld() {
        waiting.judgeAlone(unknown(row));
        waiting.judgeAlone(failure(row(4, "payments", "a"), new TopicAuthorizationException("payments")));
        waiting.forgetRows();
        assertThat(waiting.isSuspect(row)).isFalse();
        assertThat(waiting.isPaused("payments")).isTrue();
        assertThat(waiting.follow(Set.of(0), Map.of())).as("loaded again").isTrue();
    }

    private static NotSent unknown(OutboxRecord row) {
        return failure(row, new IllegalStateException("who knows"));
    }

    private static NotSent failure(OutboxRecord row, Exception cause) {
        return new NotSent(row, cause, 0, Verdict.on(cause));
    }
}
