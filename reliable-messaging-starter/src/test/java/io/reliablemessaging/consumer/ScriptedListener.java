package io.reliablemessaging.consumer;

import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.delivery.BatchDelivery;
import io.reliablemessaging.delivery.Deliveries;
import io.reliablemessaging.delivery.ListenerSettings;
import io.reliablemessaging.delivery.LiveDelivery;
import io.reliablemessaging.delivery.ParkedDelivery;
import io.reliablemessaging.lines.MemoryBudget;
import io.reliablemessaging.lines.MessageIdentity;
import io.reliablemessaging.permits.DelayedTasks;
import io.reliablemessaging.permits.HandlerPool;
import io.reliablemessaging.permits.RunningHandlers;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.retry.RedeliveryPolicy;
import io.reliablemessaging.topics.TopicIds;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** The parts of a listener whose deliveries a test answers. All but the deliveries is real. */
final class ScriptedListener implements AutoCloseable {

    final LiveDelivery live = mock(LiveDelivery.class);
    final BatchDelivery batch = mock(BatchDelivery.class);
    final ParkedDelivery parked = mock(ParkedDelivery.class);
    final DelayedTasks timer = new DelayedTasks();
    final HandlerPool pool = new HandlerPool(4, new CustomizableThreadFactory("scripted-"), timer);
    final OutageQueue database = outage("The database");
    final OutageQueue dependency = outage("What shipping needs");
    final RunningHandlers running = new RunningHandlers();
    final List<Error> fatal = new CopyOnWriteArrayList<>();
    final AtomicBoolean paused = new AtomicBoolean();
    final AtomicBoolean mayHandle = new AtomicBoolean(true);
    final ConsumerServices services;

    ScriptedListener(TransactionMode transaction, int concurrency) {
        when(batch.deliver(any(), any())).thenReturn(Optional.empty());
        ListenerSettings settings = new ListenerSettings(
                "shipping",
                "shipping",
                concurrency,
                Ordering.KEY,
                transaction,
                false,
                new RedeliveryPolicy(5, Duration.ofSeconds(1), 2, Duration.ofMinutes(1), List.of()),
                Duration.ofMinutes(4),
                Duration.ofSeconds(1),
                List.of(),
                Duration.ofHours(1),
                false);
        services = new ConsumerServices(
                deliveries(settings),
                new OutageQueues(database, dependency, pool),
                running,
                new Control(),
                new ConsumerServices.Shared(
                        new MessageIdentity(null),
                        mock(TopicIds.class),
                        pool,
                        new MemoryBudget(1 << 20),
                        timer,
                        Infrastructure.unwatched()));
    }

    private Deliveries deliveries(ListenerSettings settings) {
        Deliveries deliveries = mock(Deliveries.class);
        when(deliveries.settings()).thenReturn(settings);
        when(deliveries.topics()).thenReturn(List.of("orders"));
        when(deliveries.live()).thenReturn(live);
        when(deliveries.batch()).thenReturn(batch);
        when(deliveries.parked()).thenReturn(parked);
        return deliveries;
    }

    private final class Control implements Consumers.Control {

        @Override
        public boolean isPauseRequested() {
            return paused.get();
        }

        @Override
        public boolean mayHandle() {
            return mayHandle.get();
        }

        @Override
        public void fail(Error error) {
            fatal.add(error);
        }
    }

    /** One that stays away until it is told that it is over. */
    private OutageQueue outage(String name) {
        return new OutageQueue(name, timer, InstantSource.system(), new OutageQueue.Probe() {
            @Override
            public void ask(OutageQueue asked) {}

            @Override
            public Duration longestDistance() {
                return Duration.ofHours(1);
            }
        });
    }

    @Override
    public void close() {
        pool.close();
        timer.close();
    }
}
