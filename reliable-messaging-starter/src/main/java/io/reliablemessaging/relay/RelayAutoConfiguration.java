package io.reliablemessaging.relay;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.delayed.DelayedMover;
import io.reliablemessaging.delayed.DelayedTable;
import io.reliablemessaging.intake.Intake;
import io.reliablemessaging.lanes.LaneKeeper;
import io.reliablemessaging.lanes.LaneLeases;
import io.reliablemessaging.lanes.LaneNotice;
import io.reliablemessaging.lanes.LaneNoticeListener;
import io.reliablemessaging.lanes.Lanes;
import io.reliablemessaging.lanes.OutboxSignal;
import io.reliablemessaging.lanes.PollSchedule;
import io.reliablemessaging.lanes.SendingFitness;
import io.reliablemessaging.observers.ShieldedObservers;
import io.reliablemessaging.outbox.OutboxConnections;
import io.reliablemessaging.outbox.OutboxReaders;
import io.reliablemessaging.outbox.OutboxTable;
import io.reliablemessaging.producer.Completions;
import io.reliablemessaging.producer.ObservedProducer;
import io.reliablemessaging.producer.ProducerConfiguration;
import io.reliablemessaging.producer.ProducerWiring;
import io.reliablemessaging.producer.RelayProducers;
import io.reliablemessaging.quarantine.QuarantineTable;
import io.reliablemessaging.quarantine.ReleasedRows;
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
@AutoConfiguration(afterName = "io.reliablemessaging.publish.OutboxAutoConfiguration")
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
    PollSchedule reliableMessagingPollSchedule(LaneLeases leases, RelayProperties settings) {
        return new PollSchedule(
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
            DelayedTable messages, OutboxSignal signal, PollSchedule pollSchedule, Infrastructure infrastructure) {
        return new DelayedMover(messages, signal, pollSchedule, infrastructure);
    }

    @Bean
    Relay reliableMessagingRelay(
            LaneLeases leases,
            PollSchedule pollSchedule,
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
        ProducerRefusal producerRefusal = new ProducerRefusal();
        Supplier<Relay.Run> runs = () -> {
            infrastructure.kafka().watch();
            infrastructure.postgres().watch();
            Completions completions = new Completions(table, observer, signal::wake, infrastructure);
            SendingFitness sendingFitness = new SendingFitness(
                    settings.lease(),
                    () -> obstacle(producerRefusal, infrastructure, completions),
                    () -> producerRefusal.takenRecords()
                            + infrastructure.kafka().lastAnswered(),
                    producerRefusal::forget,
                    System::nanoTime);
            LaneKeeper keeper = new LaneKeeper(
                    leases,
                    sendingFitness,
                    pollSchedule,
                    settings.thirdOfLease(),
                    signal::wake,
                    observer,
                    infrastructure);
            Supplier<Set<Integer>> ours = () -> keeper.lease().lanes();
            signal.setLanesHere(ours);
            LaneNoticeListener notices = settings.notifies()
                    ? new LaneNoticeListener(
                            connections.longLived(),
                            schema,
                            pollSchedule,
                            ours,
                            signal,
                            keeper::renewSoon,
                            infrastructure)
                    : null;
            SendGate sendGate = new SendGate(quarantine, producerRefusal, observer, infrastructure);
            RowSender rowSender = new RowSender(
                    new RelayProducers(config, ClientObserver.of(clients), tracing, signal::wake),
                    completions,
                    sendGate,
                    settings.thirdOfLease());
            Releases releases = new Releases(
                    lanes -> new ReleaseRun(
                            released,
                            sendGate,
                            observer,
                            tracing,
                            () -> new ObservedProducer(config, "release", ClientObserver.of(clients)),
                            lanes,
                            keeper::lease),
                    sendGate,
                    rowSender.inFlight()::forgetLeft,
                    signal::wake,
                    infrastructure);
            RelayLoop loop = new RelayLoop(
                    keeper,
                    new Intake(readers::open, Intake.limitFor(settings.lease())),
                    rowSender,
                    sendGate,
                    releases,
                    completions,
                    signal,
                    settings,
                    infrastructure);
            return new Relay.Run(keeper, loop, sendGate, completions, notices);
        };
        return new Relay(leases, runs, producerRefusal, mover::trouble, settings.lease());
    }

    // A fixed list: nothing else is known to prevent this instance from sending.
    private static @Nullable String obstacle(
            ProducerRefusal producerRefusal, Infrastructure infrastructure, Completions completions) {
        String refused = producerRefusal.cause();
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
