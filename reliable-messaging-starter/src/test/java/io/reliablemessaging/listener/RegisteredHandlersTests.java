package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.reliablemessaging.DryRun;
import io.reliablemessaging.DryRun.Refused;
import io.reliablemessaging.DryRun.WouldSucceed;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.Ordering;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.consumer.Consumers;
import io.reliablemessaging.delivery.Deliveries;
import io.reliablemessaging.delivery.DryRunDelivery;
import io.reliablemessaging.delivery.ListenerSettings;
import io.reliablemessaging.dryrun.ListenerHandler;
import io.reliablemessaging.handler.Invocation;
import io.reliablemessaging.inbox.Inbox;
import io.reliablemessaging.permits.DelayedTasks;
import io.reliablemessaging.permits.HandlerPool;
import io.reliablemessaging.retry.RedeliveryPolicy;
import io.reliablemessaging.transaction.HandlerTransaction;
import io.reliablemessaging.wire.ReceivedMessage;
import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** Handlers that a person may have called on this instance. */
class RegisteredHandlersTests {

    private static final ReceivedMessage MESSAGE = new ReceivedMessage(
            "billing",
            new WireMessage(MessageId.at(Instant.EPOCH), "orders", null, null, null, new RecordHeaders()),
            0,
            0,
            Instant.EPOCH);

    private final DelayedTasks timer = new DelayedTasks();
    private final HandlerPool pool = new HandlerPool(1, new CustomizableThreadFactory("test-"), timer);
    private final Consumers consumers = mock();
    private final DryRunDelivery delivery = mock();
    private final AtomicBoolean closing = new AtomicBoolean();

    RegisteredHandlersTests() {
        when(consumers.openShareForOne(any())).thenAnswer(call -> pool.join("billing", "billing-", 1));
        when(delivery.run(any(), anyInt())).thenReturn(new WouldSucceed(Duration.ZERO, 0));
    }

    @AfterEach
    void stop() {
        pool.close();
        timer.close();
    }

    @Test
    void areFoundByGroupAndTopicUntilTheyAreRemoved() {
        RegisteredHandlers handlers = new RegisteredHandlers(closing::get);
        Deliveries.Calls calls = new Deliveries.Calls(
                mock(Invocation.class), mock(HandlerTransaction.class), mock(HandlerTransaction.class));
        handlers.add(List.of("orders", "refunds"), settings(true), calls, mock(Inbox.class), consumers);
        assertThat(handlers.find("billing", "refunds"))
                .get()
                .extracting(ListenerHandler::listener)
                .isEqualTo("bills");
        assertThat(handlers.find("billing", "returns")).isEmpty();
        assertThat(handlers.find("shipping", "orders")).isEmpty();
        handlers.remove("bills");
        assertThat(handlers.find("billing", "orders")).isEmpty();
    }

    @Test
    void areRefusedWithoutConfigurationAndWhileTheInstanceStops() {
        assertThat(handler(false).refusal()).get().asString().contains("listeners[bills].dry-run=true");
        assertThat(handler(true).refusal()).isEmpty();
        closing.set(true);
        assertThat(handler(true).refusal()).get().asString().contains("being stopped");
        pool.close();
        assertThat(handler(true).dryRun(MESSAGE, 1)).isInstanceOf(Refused.class);
        verify(delivery, never()).run(any(), anyInt());
    }

    @Test
    void runWithAPermitThatIsFreeAfterwards() {
        assertThat(handler(true).dryRun(MESSAGE, 2)).isInstanceOf(WouldSucceed.class);
        assertThat(handler(true).dryRun(MESSAGE, 2)).isInstanceOf(WouldSucceed.class);
    }

    @Test
    void anInterruptedCallerDoesNotWait() {
        Thread.currentThread().interrupt();
        DryRun outcome = handler(true).dryRun(MESSAGE, 1);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).contains("interrupted"));
    }

    private RegisteredHandler handler(boolean dryRun) {
        return new RegisteredHandler(settings(dryRun), mock(Invocation.class), delivery, consumers, closing::get);
    }

    private static ListenerSettings settings(boolean dryRun) {
        return new ListenerSettings(
                "bills",
                "billing",
                1,
                Ordering.KEY,
                TransactionMode.RECORD,
                false,
                new RedeliveryPolicy(1, Duration.ZERO, 1, Duration.ZERO, List.of()),
                Duration.ofSeconds(1),
                Duration.ZERO,
                List.of(),
                Duration.ZERO,
                dryRun);
    }
}
