package io.reliablemessaging.relay;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.outbox.DelayedMessages;
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
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.util.function.SingletonSupplier;

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
        return new LaneLeases(connections.dataSource(), schema, lanes, settings.lease());
    }

    @Bean
    @DependsOnDatabaseInitialization
    QuarantineTable reliableMessagingQuarantineTable(OutboxConnections connections, Schema schema, LaneLeases leases) {
        return new QuarantineTable(connections.dataSource(), schema, leases.me());
    }

    @Bean
    DelayedMover reliableMessagingDelayedMover(
            DelayedMessages messages, OutboxSignal signal, Infrastructure infrastructure) {
        return new DelayedMover(messages, signal, infrastructure);
    }

    @Bean
    Relay reliableMessagingRelay(
            LaneLeases leases,
            QuarantineTable quarantine,
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
        Map<String, Object> config = producers.within(settings.lease());
        MessagingObserver observer = MessagingObserver.all(
                SingletonSupplier.of(() -> observers.orderedStream().toList()));
        Refusal refusal = new Refusal();
        Supplier<Relay.Run> runs = () -> {
            infrastructure.kafka().watch();
            infrastructure.postgres().watch();
            LaneKeeper keeper =
                    new LaneKeeper(leases, settings.lease().dividedBy(3), signal::wake, observer, infrastructure);
            Supplier<Set<Integer>> ours = () -> keeper.lease().lanes();
            signal.sends(ours);
            NoticeListener notices = settings.notifies()
                    ? new NoticeListener(connections.dataSource(), schema, ours, signal::wake, infrastructure)
                    : null;
            Completions completions = new Completions(table, observer, signal::wake, infrastructure);
            Waiting waiting = new Waiting(quarantine, refusal, observer, infrastructure);
            Dispatch dispatch = new Dispatch(
                    () -> new RelayProducer(
                            new ObservedProducer(config, "relay", ClientObserver.of(clients)), signal::wake, tracing),
                    completions,
                    waiting,
                    observer,
                    settings.lease().dividedBy(3));
            RelayLoop loop = new RelayLoop(
                    keeper,
                    new Intake(readers::open),
                    dispatch,
                    waiting,
                    new Releases(quarantine, dispatch, waiting),
                    completions,
                    signal,
                    settings,
                    infrastructure);
            return new Relay.Run(keeper, loop, waiting, completions, notices);
        };
        return new Relay(leases, runs, refusal, settings.lease());
    }
}
