package io.reliablemessaging.relay;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.observers.ShieldedObservers;
import io.reliablemessaging.outbox.DelayedMessages;
import io.reliablemessaging.outbox.LaneNotice;
import io.reliablemessaging.outbox.Lanes;
import io.reliablemessaging.outbox.OutboxConnections;
import io.reliablemessaging.outbox.OutboxReaders;
import io.reliablemessaging.outbox.OutboxSignal;
import io.reliablemessaging.outbox.OutboxTable;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.wire.ClientObserver;
import io.reliablemessaging.wire.KafkaConnection;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/** Wires the relay. */
@AutoConfiguration(afterName = "io.reliablemessaging.outbox.OutboxAutoConfiguration")
@ConditionalOnBean({OutboxTable.class, KafkaConnection.class})
@ConditionalOnBooleanProperty(name = "reliable-messaging.relay.enabled", matchIfMissing = true)
@EnableConfigurationProperties(RelayProperties.class)
@Import(ProducerWiring.class)
public final class RelayAutoConfiguration {

    RelayAutoConfiguration() {}

    @Bean
    @DependsOnDatabaseInitialization
    LaneLeases reliableMessagingLaneLeases(
            OutboxConnections connections, Schema schema, Lanes lanes, RelayProperties settings) {
        return new LaneLeases(connections.lease(), schema, lanes, settings.lease(), settings.notifies());
    }

    @Bean
    @DependsOnDatabaseInitialization
    QuarantineTable reliableMessagingQuarantineTable(OutboxConnections connections, Schema schema, LaneLeases leases) {
        return new QuarantineTable(connections.work(), schema, leases.instance());
    }

    @Bean
    Attention reliableMessagingAttention(LaneLeases leases, RelayProperties settings) {
        return new Attention(
                settings.notifies() ? LaneNotice.channel(leases.instance()) : null,
                settings.pollInterval(),
                settings.thirdOfLease(),
                System::nanoTime);
    }

    @Bean
    @DependsOnDatabaseInitialization
    ReleasedRows reliableMessagingReleasedRows(OutboxConnections connections, Schema schema) {
        return new ReleasedRows(connections.work(), schema);
    }

    @Bean
    DelayedMover reliableMessagingDelayedMover(
            DelayedMessages messages, OutboxSignal signal, Attention attention, Infrastructure infrastructure) {
        return new DelayedMover(messages, signal, attention, infrastructure);
    }

    @Bean
    Relay reliableMessagingRelay(
            LaneLeases leases,
            Attention attention,
            DelayedMover mover,
            QuarantineTable quarantine,
            ReleasedRows released,
            OutboxTable table,
            OutboxReaders readers,
            OutboxSignal signal,
            ProducerConfiguration producers,
            OutboxConnections connections,
            Schema schema,
            ObjectProvider<MessagingObserver> observers,
            MessageTracing tracing,
            ObjectProvider<ClientObserver> clients,
            Infrastructure infrastructure,
            RelayProperties settings) {
        Map<String, Object> config = producers.within(settings.thirdOfLease());
        MessagingObserver observer = ShieldedObservers.of(observers);
        Refusal refusal = new Refusal();
        Supplier<Relay.Run> runs = () -> {
            infrastructure.kafka().watch();
            infrastructure.postgres().watch();
            Completions completions = new Completions(table, observer, signal::wake, infrastructure);
            Fitness fitness = new Fitness(
                    settings.lease(),
                    () -> obstacle(refusal, infrastructure, completions),
                    () -> refusal.takenRecords() + infrastructure.kafka().lastAnswered(),
                    refusal::forget,
                    System::nanoTime);
            LaneKeeper keeper = new LaneKeeper(
                    leases, fitness, attention, settings.thirdOfLease(), signal::wake, observer, infrastructure);
            Supplier<Set<Integer>> ours = () -> keeper.lease().lanes();
            signal.setLanesHere(ours);
            NoticeListener notices = settings.notifies()
                    ? new NoticeListener(
                            connections.longLived(), schema, attention, ours, signal, keeper::renewSoon, infrastructure)
                    : null;
            Waiting waiting = new Waiting(quarantine, refusal, observer, infrastructure);
            Dispatch dispatch = new Dispatch(
                    new RelayProducers(config, ClientObserver.of(clients), tracing, signal::wake),
                    completions,
                    waiting,
                    settings.thirdOfLease());
            Releases releases = new Releases(
                    lanes -> new ReleaseRun(
                            released,
                            waiting,
                            observer,
                            tracing,
                            () -> new ObservedProducer(config, "release", ClientObserver.of(clients)),
                            lanes,
                            keeper::lease),
                    waiting,
                    dispatch.inFlight()::forgetLeft,
                    signal::wake,
                    infrastructure);
            RelayLoop loop = new RelayLoop(
                    keeper,
                    new Intake(readers::open, Intake.limitFor(settings.lease())),
                    dispatch,
                    waiting,
                    releases,
                    completions,
                    signal,
                    settings,
                    infrastructure);
            return new Relay.Run(keeper, loop, waiting, completions, notices);
        };
        return new Relay(leases, runs, refusal, mover::trouble, settings.lease());
    }

    // A fixed list: nothing else is known to prevent this instance from sending.
    private static @Nullable String obstacle(Refusal refusal, Infrastructure infrastructure, Completions completions) {
        String refused = refusal.cause();
        if (refused != null) {
            return "Kafka refuses this instance as a producer: " + refused;
        }
        return infrastructure
                .kafka()
                .away()
                .map(away -> "no broker answers: " + away.cause())
                .orElseGet(completions::trouble);
    }
}
