package io.reliablemessaging.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.Delivery;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagingSnapshot.Inbox;
import io.reliablemessaging.MessagingSnapshot.Lane;
import io.reliablemessaging.MessagingSnapshot.Listener;
import io.reliablemessaging.MessagingSnapshot.Listener.State;
import io.reliablemessaging.MessagingSnapshot.Outbox;
import io.reliablemessaging.listener.Listeners;
import io.reliablemessaging.relay.RelayState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How many messages an outage holds up here, and that nothing is made up where that is not known. */
class HeldUpTests {

    private static final MessageId ID = MessageId.at(Instant.EPOCH);

    private final Stages stages = mock(Stages.class);
    private final Stages.Sending sending = mock(Stages.Sending.class);
    private final Stages.Receiving receiving = mock(Stages.Receiving.class);
    private final TablesMemory tables = mock(TablesMemory.class);
    private final Counters counters = new Counters();

    @BeforeEach
    void parts() {
        when(stages.sending()).thenReturn(sending);
        when(stages.receiving()).thenReturn(receiving);
    }

    @Test
    void messagesInTheLanesOfThisInstanceWaitForKafka() {
        RelayState relay = mock(RelayState.class);
        when(relay.lanes()).thenReturn(Set.of(1, 2, 7));
        when(sending.relay()).thenReturn(relay);
        when(tables.last()).thenReturn(read(lane(0, 100), lane(1, 20), lane(2, 3)));
        HeldUp heldUp = HeldUp.ofKafka(stages, tables, counters);
        assertThat(heldUp.waiting()).hasValue(23);
        counters.sent(new Confirmation(ID, "orders", 0, 1, Instant.EPOCH), Duration.ZERO);
        assertThat(heldUp.done()).isEqualTo(1);
        assertThat(heldUp.participle()).isEqualTo("sent");
    }

    @Test
    void withoutARelayOrAReadingNothingIsKnown() {
        when(tables.last()).thenReturn(read(lane(0, 100)));
        assertThat(HeldUp.ofKafka(stages, tables, counters).waiting()).isEmpty();
        when(sending.relay()).thenReturn(mock(RelayState.class));
        HeldUp heldUp = HeldUp.ofKafka(stages, tables, counters);
        assertThat(heldUp.waiting()).hasValue(0);
        when(tables.last()).thenReturn(Tables.NEVER_READ);
        assertThat(heldUp.waiting()).isEmpty();
    }

    @Test
    void whatListenersHaveNotHandledWaitsForTheDatabase() {
        Listeners listeners = mock(Listeners.class);
        when(receiving.listeners()).thenReturn(listeners);
        HeldUp heldUp = HeldUp.ofPostgres(stages, counters);
        when(listeners.all()).thenReturn(List.of(listener(null)));
        assertThat(heldUp.waiting()).isEmpty();
        when(listeners.all()).thenReturn(List.of(listener(4L), listener(null), listener(5L)));
        assertThat(heldUp.waiting()).hasValue(9);
        counters.duplicate(new Delivery("shipping", "shipping", ID, "orders", 0, 1, 1, Instant.EPOCH));
        assertThat(heldUp.done()).isEqualTo(1);
    }

    private static Lane lane(int number, long messages) {
        return new Lane(number, messages, Duration.ZERO, null, null);
    }

    private static Tables read(Lane... lanes) {
        return new Tables(
                Instant.EPOCH, new Outbox(0, Duration.ZERO, 0, 0, 0), List.of(lanes), List.of(), new Inbox(0, 0, null));
    }

    private static Listener listener(Long lag) {
        return new Listener(
                "shipping", "shipping", List.of("orders"), State.RUNNING, null, 1, lag, 5, null, 0, 0, null, null);
    }
}
