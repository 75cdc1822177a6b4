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
class OutageImpactTests {

    private static final MessageId ID = MessageId.at(Instant.EPOCH);

    private final StageReaders stageReaders = mock(StageReaders.class);
    private final StageReaders.Sending sending = mock(StageReaders.Sending.class);
    private final StageReaders.Receiving receiving = mock(StageReaders.Receiving.class);
    private final TablesCache tables = mock(TablesCache.class);
    private final ThroughputCounters throughputCounters = new ThroughputCounters();

    @BeforeEach
    void parts() {
        when(stageReaders.sending()).thenReturn(sending);
        when(stageReaders.receiving()).thenReturn(receiving);
    }

    @Test
    void messagesInTheLanesOfThisInstanceWaitForKafka() {
        RelayState relay = mock(RelayState.class);
        when(relay.lanes()).thenReturn(Set.of(1, 2, 7));
        when(sending.relay()).thenReturn(relay);
        when(tables.last()).thenReturn(read(lane(0, 100), lane(1, 20), lane(2, 3)));
        OutageImpact outageImpact = OutageImpact.ofKafka(stageReaders, tables, throughputCounters);
        assertThat(outageImpact.waiting()).hasValue(23);
        throughputCounters.sent(new Confirmation(ID, "orders", 0, 1, Instant.EPOCH), Duration.ZERO);
        assertThat(outageImpact.done()).isEqualTo(1);
        assertThat(outageImpact.participle()).isEqualTo("sent");
    }

    @Test
    void withoutARelayOrAReadingNothingIsKnown() {
        when(tables.last()).thenReturn(read(lane(0, 100)));
        assertThat(OutageImpact.ofKafka(stageReaders, tables, throughputCounters)
                        .waiting())
                .isEmpty();
        when(sending.relay()).thenReturn(mock(RelayState.class));
        OutageImpact outageImpact = OutageImpact.ofKafka(stageReaders, tables, throughputCounters);
        assertThat(outageImpact.waiting()).hasValue(0);
        when(tables.last()).thenReturn(TablesSnapshot.NEVER_READ);
        assertThat(outageImpact.waiting()).isEmpty();
    }

    @Test
    void whatListenersHaveNotHandledWaitsForTheDatabase() {
        Listeners listeners = mock(Listeners.class);
        when(receiving.listeners()).thenReturn(listeners);
        OutageImpact outageImpact = OutageImpact.ofPostgres(stageReaders, throughputCounters);
        when(listeners.all()).thenReturn(List.of(listener(null)));
        assertThat(outageImpact.waiting()).isEmpty();
        when(listeners.all()).thenReturn(List.of(listener(4L), listener(null), listener(5L)));
        assertThat(outageImpact.waiting()).hasValue(9);
        throughputCounters.duplicate(new Delivery("shipping", "shipping", ID, "orders", 0, 1, 1, Instant.EPOCH));
        assertThat(outageImpact.done()).isEqualTo(1);
    }

    private static Lane lane(int number, long messages) {
        return new Lane(number, messages, Duration.ZERO, null, null);
    }

    private static TablesSnapshot read(Lane... lanes) {
        return new TablesSnapshot(
                Instant.EPOCH, new Outbox(0, Duration.ZERO, 0, 0, 0), List.of(lanes), List.of(), new Inbox(0, 0, null));
    }

    private static Listener listener(Long lag) {
        return new Listener(
                "shipping", "shipping", List.of("orders"), State.RUNNING, null, 1, lag, 5, null, 0, 0, null, null);
    }
}
