package io.reliablemessaging.relay;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.intake.Intake;
import io.reliablemessaging.lanes.LaneKeeper;
import io.reliablemessaging.lanes.LaneLeases;
import io.reliablemessaging.lanes.OutboxSignal;
import io.reliablemessaging.lanes.PollSchedule;
import io.reliablemessaging.lanes.SendingFitness;
import io.reliablemessaging.outbox.OutboxReaders;
import io.reliablemessaging.outbox.OutboxTable;
import io.reliablemessaging.producer.Completions;
import io.reliablemessaging.producer.ObservedProducer;
import io.reliablemessaging.producer.ProducerConfiguration;
import io.reliablemessaging.producer.RelayProducers;
import io.reliablemessaging.quarantine.QuarantineTable;
import io.reliablemessaging.quarantine.ReleasedRows;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.support.Threads;
import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.wire.ClientObserver;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.producer.Producer;
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
        return start(host, hooks, observer, UnaryOperator.identity());
    }

    /** One whose producers are wrapped. */
    static HookedRelay start(
            ApplicationContext host,
            Map<String, Object> hooks,
            MessagingObserver observer,
            UnaryOperator<Producer<byte[], byte[]>> wrap) {
        RelayProperties settings = host.getBean(RelayProperties.class);
        Duration third = settings.thirdOfLease();
        OutboxSignal signal = host.getBean(OutboxSignal.class);
        QuarantineTable quarantine = host.getBean(QuarantineTable.class);
        Map<String, Object> config =
                new HashMap<>(host.getBean(ProducerConfiguration.class).within(third));
        config.putAll(hooks);
        Infrastructure infrastructure = host.getBean(Infrastructure.class);
        LaneKeeper keeper = new LaneKeeper(
                host.getBean(LaneLeases.class),
                new SendingFitness(settings.lease(), () -> null, () -> 0, () -> {}, System::nanoTime),
                new PollSchedule(null, settings.pollInterval(), third, System::nanoTime),
                third,
                signal::wake,
                observer,
                infrastructure);
        Completions completions =
                new Completions(host.getBean(OutboxTable.class), observer, signal::wake, infrastructure);
        SendGate sendGate = new SendGate(quarantine, new ProducerRefusal(), observer, infrastructure);
        MessageTracing tracing = host.getBean(MessageTracing.class);
        RowSender rowSender = new RowSender(
                new RelayProducers(config, ClientObserver.NONE, tracing, signal::wake) {
                    @Override
                    public Producer<byte[], byte[]> open(
                            Map<String, Object> named, String name, ClientObserver clients) {
                        return wrap.apply(super.open(named, name, clients));
                    }
                },
                completions,
                sendGate,
                third);
        RelayLoop loop = new RelayLoop(
                keeper,
                new Intake(host.getBean(OutboxReaders.class)::open, Intake.limitFor(settings.lease())),
                rowSender,
                sendGate,
                new Releases(
                        lanes -> new ReleaseRun(
                                host.getBean(ReleasedRows.class),
                                sendGate,
                                observer,
                                tracing,
                                () -> new ObservedProducer(config, "release", ClientObserver.NONE),
                                lanes,
                                keeper::lease),
                        sendGate,
                        rowSender.inFlight()::forgetLeft,
                        signal::wake,
                        infrastructure),
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
