package io.reliablemessaging.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.deadletter.KeyClaim;
import io.reliablemessaging.delivery.DeliveryAnswer;
import io.reliablemessaging.delivery.DeliveryAnswer.AwaitOutage;
import io.reliablemessaging.delivery.DeliveryAnswer.Finished;
import io.reliablemessaging.delivery.DeliveryAnswer.Missing;
import io.reliablemessaging.delivery.DeliveryAnswer.RetryAfter;
import io.reliablemessaging.wire.ReceivedMessage;
import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How many parked keys are claimed for a listener, and that each claim is answered once. */
class DrainedListenerTests {

    private static final DeliveryAnswer DONE = new Finished(true, false);

    private final ScriptedListener listener = new ScriptedListener(TransactionMode.RECORD, 3);
    private final AtomicInteger woken = new AtomicInteger();
    private final DrainedListener drained = new DrainedListener(listener.services, woken::incrementAndGet);
    private final CountDownLatch end = new CountDownLatch(1);
    private final KeyClaim claim = claim(1);

    @AfterEach
    void close() {
        end.countDown();
        listener.close();
    }

    @Test
    void asManyKeysAreClaimedAsCanRunAndOneIfNoneCan() {
        assertThat(drained.allowClaims(2)).isEqualTo(2);
        assertThat(drained.allowClaims(100)).as("its concurrency").isEqualTo(3);
        assertThat(drained.allowClaims(0)).as("it waits for a permit").isEqualTo(1);
    }

    @Test
    void whatRunsCountsAgainstItsConcurrency() {
        when(listener.parked.deliver(any())).thenAnswer(call -> blocked());
        drained.handle(claim);
        assertThat(drained.allowClaims(100)).isEqualTo(2);
        assertThat(drained.allowClaims(0)).as("one is under way").isZero();
        drained.handle(claim(2));
        drained.handle(claim(3));
        assertThat(drained.allowClaims(100)).isZero();
        end.countDown();
        await().until(() -> drained.allowClaims(100) == 3);
    }

    @Test
    void nothingIsClaimedWhileAPersonWantsNothingHandled() {
        listener.paused.set(true);
        assertThat(drained.allowClaims(100)).isZero();
        listener.paused.set(false);
        assertThat(drained.allowClaims(100)).isPositive();
    }

    @Test
    void whileAPersonHasPausedItInAllInstancesNothingIsClaimed() {
        listener.mayHandle.set(false);
        assertThat(drained.allowClaims(100)).isZero();
        listener.mayHandle.set(true);
        assertThat(drained.allowClaims(100)).isPositive();
    }

    @Test
    void aMessageThatWasClaimedBeforeAPauseIsGivenBackAtOnce() {
        listener.mayHandle.set(false);
        drained.handle(claim);
        await().untilAsserted(() -> verify(listener.parked).giveBack(claim, Duration.ZERO));
        verify(listener.parked, never()).deliver(any());
        listener.mayHandle.set(true);
        assertThat(drained.allowClaims(100)).as("nothing counts as running").isEqualTo(3);
    }

    @Test
    void whileSomethingIsAwayOneMessageAtMostIsClaimedToTry() {
        listener.dependency.begin(new IllegalStateException("away"));
        assertThat(drained.allowClaims(100)).isZero();
        listener.dependency.admitOne();
        assertThat(woken).hasValue(1);
        assertThat(drained.allowClaims(100)).isEqualTo(1);
        when(listener.parked.deliver(any())).thenAnswer(call -> blocked());
        drained.handle(claim);
        assertThat(drained.allowClaims(100)).as("it is being tried").isZero();
    }

    @Test
    void whoHasNothingDueLetsAnotherOneTry() {
        AtomicInteger other = new AtomicInteger();
        listener.dependency.begin(new IllegalStateException("away"));
        assertThat(drained.allowClaims(100)).isZero();
        listener.dependency.await("line", () -> other.incrementAndGet() > 0);
        listener.dependency.admitOne();
        assertThat(other).as("the drain came first").hasValue(0);
        drained.noteNothingDue();
        assertThat(other).hasValue(1);
    }

    @Test
    void aMessageThatIsDeliveredAgainIsGivenBackUntilThen() {
        handle(new RetryAfter(Duration.ofMinutes(7), true));
        verify(listener.parked).giveBack(claim, Duration.ofMinutes(7));
    }

    @Test
    void aMessageThatIsFinishedIsNotGivenBack() {
        handle(DONE);
        verify(listener.parked, never()).giveBack(any(), any());
        assertThat(listener.running.count()).isZero();
    }

    @Test
    void aMessageThatMetAnOutageIsGivenBackAndTheListenerWaits() {
        handle(new AwaitOutage(Missing.DEPENDENCY, new IllegalStateException("away")));
        verify(listener.parked).giveBack(any(), any());
        assertThat(listener.dependency.isOn()).isTrue();
        assertThat(drained.allowClaims(100)).isZero();
    }

    /** Its attempt has not ended well, so the claim ends by itself and counts. */
    @Test
    void aMessageThatFailsUnexpectedlyKeepsItsClaim() {
        when(listener.parked.deliver(any())).thenThrow(new IllegalStateException("no delivery"));
        drained.handle(claim);
        await().until(() -> woken.get() == 1);
        verify(listener.parked, never()).giveBack(any(), any());
        assertThat(listener.fatal).isEmpty();
        assertThat(drained.allowClaims(100)).isEqualTo(3);
    }

    @Test
    void anErrorStopsTheListenerAndIsNoDeath() {
        Error error = new NoClassDefFoundError("Missing");
        when(listener.parked.deliver(any())).thenThrow(error);
        drained.handle(claim);
        await().until(() -> woken.get() == 1);
        assertThat(listener.fatal).containsExactly(error);
        verify(listener.parked).giveBack(any(), any());
    }

    @Test
    void aClaimThatComesDuringTheCloseIsGivenBackAtOnce() {
        drained.close();
        drained.handle(claim);
        verify(listener.parked).giveBack(claim, Duration.ZERO);
        verify(listener.parked, never()).deliver(any());
        assertThat(drained.allowClaims(100)).isZero();
    }

    @Test
    void whatStillRunsAtTheCloseIsGivenBackOnce() {
        when(listener.parked.deliver(any())).thenAnswer(call -> blocked());
        drained.handle(claim);
        await().until(() -> listener.running.count() == 1);
        drained.close();
        verify(listener.parked, times(1)).giveBack(claim, Duration.ZERO);
    }

    @Test
    void itLooksForLostMessagesNowAndThen() {
        assertThat(drained.takeSweep()).isTrue();
        assertThat(drained.takeSweep()).isFalse();
    }

    private void handle(DeliveryAnswer deliveryAnswer) {
        when(listener.parked.deliver(claim)).thenReturn(deliveryAnswer);
        drained.handle(claim);
        await().until(() -> woken.get() == 1);
    }

    private DeliveryAnswer blocked() throws InterruptedException {
        end.await();
        return DONE;
    }

    private static KeyClaim claim(long id) {
        WireMessage message = new WireMessage(
                new MessageId(new UUID(0, id)), "orders", null, new byte[] {1}, new byte[1], new RecordHeaders());
        KeyClaim claim = mock(KeyClaim.class);
        when(claim.id()).thenReturn(id);
        when(claim.readableMessage())
                .thenReturn(new ReceivedMessage("shipping", message, 0, id, Instant.ofEpochSecond(1)));
        return claim;
    }
}
