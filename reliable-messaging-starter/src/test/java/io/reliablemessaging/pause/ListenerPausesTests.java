package io.reliablemessaging.pause;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.reliablemessaging.MessagingSnapshot.Listener.Pause;
import io.reliablemessaging.reachability.Infrastructure;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessResourceFailureException;

/** What an instance knows of pauses, and what it lets its listeners do before it knows anything. */
class ListenerPausesTests {

    private static final Pause PAUSE = new Pause(Instant.EPOCH, "olive", "a bug");
    private static final Map<PausedTopic, Pause> ORDERS_OF_SHOP = Map.of(new PausedTopic("shop", "orders"), PAUSE);

    private final PausedListeners table = mock(PausedListeners.class);
    private final ListenerPauses pauses = new ListenerPauses(table, Infrastructure.unwatched());
    private final AtomicInteger changes = new AtomicInteger();

    ListenerPausesTests() {
        pauses.onChange(changes::incrementAndGet);
    }

    @AfterEach
    void stop() {
        pauses.stop();
    }

    @Test
    void beforeTheFirstAnswerNoHandlerMayBeCalled() {
        when(table.read()).thenThrow(new DataAccessResourceFailureException("away"));
        ListenerPause listener = pauses.add("shipping", "shop", List.of("orders"));
        pauses.start();
        await().untilAsserted(() -> verify(table).read());
        assertThat(listener.mayHandle()).isFalse();
        assertThat(listener.find()).as("nobody has paused it").isEmpty();
    }

    @Test
    void theFirstAnswerLetsListenersBegin() {
        when(table.read()).thenReturn(Map.of());
        pauses.start();
        ListenerPause listener = pauses.add("shipping", "shop", List.of("orders"));
        await().until(listener::mayHandle);
        await().until(() -> changes.get() == 1);
    }

    @Test
    void anInstanceWithoutListenersAsksNothing() {
        pauses.start();
        pauses.stop();
        verify(table, never()).read();
    }

    @Test
    void aPauseBelongsToGroupAndTopicWhateverTheListenersIdIs() {
        when(table.read()).thenReturn(ORDERS_OF_SHOP);
        pauses.start();
        ListenerPause renamed = pauses.add("Shipping.on@shop", "shop", List.of("payments", "orders"));
        ListenerPause other = pauses.add("billing", "billing", List.of("orders"));
        ListenerPause neighbour = pauses.add("payments", "shop", List.of("payments"));
        await().until(() -> renamed.find().isPresent());
        assertThat(renamed.find()).contains(PAUSE);
        assertThat(renamed.mayHandle()).isFalse();
        assertThat(other.mayHandle()).isTrue();
        assertThat(neighbour.mayHandle()).isTrue();
    }

    @Test
    void withoutAnAnswerTheLastOneHolds() {
        when(table.read()).thenReturn(ORDERS_OF_SHOP);
        pauses.start();
        ListenerPause paused = pauses.add("shipping", "shop", List.of("orders"));
        ListenerPause other = pauses.add("billing", "billing", List.of("orders"));
        await().until(() -> paused.find().isPresent());
        when(table.read()).thenThrow(new DataAccessResourceFailureException("away"));
        when(table.resume(any(), any(), any())).thenReturn(true);
        assertThat(pauses.resume("shipping", "shop", List.of("orders"), "fixed", "olive"))
                .as("stored, though its effect cannot be read yet")
                .isTrue();
        assertThat(paused.find()).contains(PAUSE);
        assertThat(other.mayHandle()).isTrue();
    }

    @Test
    void aCommandIsKnownHereWhenItReturns() {
        when(table.read()).thenReturn(Map.of());
        pauses.start();
        ListenerPause listener = pauses.add("shipping", "shop", List.of("orders"));
        await().until(listener::mayHandle);
        when(table.pause(any(), any(), any())).thenAnswer(call -> {
            when(table.read()).thenReturn(ORDERS_OF_SHOP);
            return true;
        });
        assertThat(pauses.pause("shipping", "shop", List.of("orders"), "a bug", "olive"))
                .isTrue();
        assertThat(listener.mayHandle()).isFalse();
    }

    @Test
    void whatWasKnownBeforeAStopIsNotReliedOnAfterIt() {
        when(table.read()).thenReturn(Map.of());
        pauses.start();
        ListenerPause listener = pauses.add("shipping", "shop", List.of("orders"));
        await().until(listener::mayHandle);
        pauses.stop();
        assertThat(listener.mayHandle()).isFalse();
    }
}
