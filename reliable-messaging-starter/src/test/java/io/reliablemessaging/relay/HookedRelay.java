package io.reliablemessaging.relay;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.outbox.OutboxReaders;
import io.reliablemessaging.outbox.OutboxSignal;
import io.reliablemessaging.outbox.OutboxTable;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.support.Threads;
import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.wire.ClientObserver;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.springframework.context.ApplicationContext;

/** A relay of a started application whose own relay is stopped, with settings of the producer that no host can make. */
final class HookedRelay implements AutoCloseable {

    private final RelayLoop loop;
    private final LaneKeeper keeper;
    private final CompletableFuture<Void> ended;

    private HookedRelay(RelayLoop loop, LaneKeeper keeper, CompletableFuture<Void> ended) {
        this.loop = loop;
        this.keeper = keeper;
        this.ended = ended;
    }

    static HookedRelay start(ApplicationContext host, Map<String, Object> hooks, MessagingObserver observer) {
        RelayProperties settings = host.getBean(RelayProperties.class);
        Duration third = settings.lease().dividedBy(3);
        OutboxSignal signal = host.getBean(OutboxSignal.class);
        QuarantineTable quarantine = host.getBean(QuarantineTable.class);
        Map<String, Object> config =
                new HashMap<>(host.getBean(ProducerConfiguration.class).within(settings.lease()));
        config.putAll(hooks);
        Infrastructure infrastructure = host.getBean(Infrastructure.class);
        LaneKeeper keeper =
                new LaneKeeper(host.getBean(LaneLeases.class), third, signal::wake, observer, infrastructure);
        Completions completions =
                new Completions(host.getBean(OutboxTable.class), observer, signal::wake, infrastructure);
        Waiting waiting = new Waiting(quarantine, new Refusal(), observer, infrastructure);
        MessageTracing tracing = host.getBean(MessageTracing.class);
        Dispatch dispatch = new Dispatch(
                () -> new RelayProducer(
                        new ObservedProducer(config, "relay", ClientObserver.NONE), signal::wake, tracing),
                completions,
                waiting,
                observer,
                third);
        RelayLoop loop = new RelayLoop(
                keeper,
                new Intake(host.getBean(OutboxReaders.class)::open),
                dispatch,
                waiting,
                new Releases(quarantine, dispatch, waiting),
                completions,
                signal,
                settings,
                infrastructure);
        Threads.NEW.execute(completions);
        CompletableFuture<Void> ended = CompletableFuture.runAsync(loop, Threads.NEW);
        keeper.start();
        return new HookedRelay(loop, keeper, ended);
    }

    RelayLoop loop() {
        return loop;
    }

    @Override
    public void close() {
        loop.stop();
        ended.join();
        keeper.stop();
    }
}
