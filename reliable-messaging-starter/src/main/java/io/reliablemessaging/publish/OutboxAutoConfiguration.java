package io.reliablemessaging.publish;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.delayed.DelayedTable;
import io.reliablemessaging.lanes.LaneNotices;
import io.reliablemessaging.lanes.LaneSetup;
import io.reliablemessaging.lanes.Lanes;
import io.reliablemessaging.lanes.OutboxSignal;
import io.reliablemessaging.observers.ShieldedObservers;
import io.reliablemessaging.outbox.OutboxBacklog;
import io.reliablemessaging.outbox.OutboxConnections;
import io.reliablemessaging.outbox.OutboxLedger;
import io.reliablemessaging.outbox.OutboxProperties;
import io.reliablemessaging.outbox.OutboxReader;
import io.reliablemessaging.outbox.OutboxReaders;
import io.reliablemessaging.outbox.OutboxTable;
import io.reliablemessaging.payload.MessageEncoder;
import io.reliablemessaging.published.PublishedMessages;
import io.reliablemessaging.published.PublishedPurge;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.DatabaseAddress;
import io.reliablemessaging.schema.MessagingDataSource;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.wire.KafkaConnection;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jdbc.metadata.DataSourcePoolMetadataProvider;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.util.function.SingletonSupplier;

/** Wires the outbox. */
@AutoConfiguration(
        afterName = {
            "io.reliablemessaging.payload.PayloadAutoConfiguration",
            "io.reliablemessaging.schema.SchemaAutoConfiguration",
            "io.reliablemessaging.reachability.ReachabilityAutoConfiguration"
        })
@ConditionalOnBean({KafkaConnection.class, Schema.class})
@EnableConfigurationProperties(OutboxProperties.class)
public final class OutboxAutoConfiguration {

    private static final Logger log = ReadableLogger.of(OutboxAutoConfiguration.class);

    OutboxAutoConfiguration() {}

    @Bean
    static OutboxTransactionManagers reliableMessagingTransactionManagers(
            ListableBeanFactory beans, ObjectProvider<MessagingDataSource> messaging, ObjectProvider<Outbox> outbox) {
        return new OutboxTransactionManagers(beans, messaging, outbox);
    }

    @Bean
    static AmbiguousTransactions reliableMessagingAmbiguousTransactions(
            ListableBeanFactory beans, Environment environment) {
        return new AmbiguousTransactions(beans, environment);
    }

    @Bean
    OutboxConnections reliableMessagingOutboxConnections(
            MessagingDataSource messaging,
            ObjectProvider<DataSourcePoolMetadataProvider> pools,
            Environment environment) {
        OutboxConnections connections = OutboxConnections.of(messaging.dataSource(), environment);
        if (environment.getProperty("reliable-messaging.relay.enabled", Boolean.class, true)) {
            connections.requireRoom(messaging.most(pools.orderedStream().toList()));
        }
        return connections;
    }

    @Bean
    @DependsOnDatabaseInitialization
    Lanes reliableMessagingLanes(
            MessagingDataSource messaging, Schema schema, OutboxProperties properties, Environment environment) {
        int stored =
                new LaneSetup(new AutoCommitDataSource(messaging.dataSource()), schema).ensureLanes(properties.lanes());
        if (stored != properties.lanes() && environment.containsProperty("reliable-messaging.outbox.lanes")) {
            log.warn(
                    "'reliable-messaging.outbox.lanes' is {}, but the tables were created with {} lanes, and {} are used: with another"
                            + " number, newer messages of a key would overtake older ones. Set the property to {}, or leave it"
                            + " out; to add lanes, call MessagingOperations.growLanes",
                    properties.lanes(),
                    stored,
                    stored,
                    stored);
        }
        return new Lanes(stored);
    }

    @Bean
    @DependsOnDatabaseInitialization
    OutboxTable reliableMessagingOutboxTable(OutboxConnections relay, Schema schema, OutboxProperties properties) {
        return new OutboxTable(relay.work(), schema, properties.retention() != null);
    }

    @Bean
    @DependsOnDatabaseInitialization
    DelayedTable reliableMessagingDelayedTable(OutboxConnections relay, Schema schema) {
        return new DelayedTable(relay.work(), schema);
    }

    @Bean
    @DependsOnDatabaseInitialization
    OutboxReaders reliableMessagingOutboxReaders(OutboxConnections relay, Schema schema) {
        return () -> OutboxReader.open(relay.longLived(), schema);
    }

    @Bean
    @DependsOnDatabaseInitialization
    OutboxBacklog reliableMessagingOutboxBacklog(OutboxConnections relay, Schema schema) {
        return new OutboxBacklog(relay.questions(), schema, relay.questionLimit());
    }

    @Bean
    @DependsOnDatabaseInitialization
    OutboxLedger reliableMessagingOutboxLedger(MessagingDataSource messaging, Schema schema) {
        return new OutboxLedger(new AutoCommitDataSource(messaging.dataSource()), schema);
    }

    @Bean
    @ConditionalOnProperty("reliable-messaging.outbox.max-backlog-age")
    BacklogGuard reliableMessagingBacklogGuard(
            OutboxBacklog backlog, OutboxProperties settings, Infrastructure infrastructure) {
        Duration limit = Objects.requireNonNull(settings.maxBacklogAge());
        return new BacklogGuard(backlog::oldestAge, limit, settings.rejectWhenBacklogged(), infrastructure);
    }

    @Bean
    OutboxSignal reliableMessagingOutboxSignal() {
        return new OutboxSignal();
    }

    // also where no relay runs: other instances are notified
    @Bean
    @ConditionalOnBooleanProperty(name = "reliable-messaging.relay.notify", matchIfMissing = true)
    @DependsOnDatabaseInitialization
    LaneNotices reliableMessagingLaneNotices(
            OutboxConnections relay, Schema schema, Lanes lanes, Infrastructure infrastructure) {
        return new LaneNotices(relay.work(), schema, lanes, infrastructure);
    }

    @Bean
    Outbox reliableMessagingOutbox(
            OutboxTable table,
            DelayedTable delayed,
            DatabaseAddress address,
            OutboxTransactionManagers managers,
            Lanes lanes,
            OutboxSignal signal,
            ObjectProvider<LaneNotices> notices,
            ObjectProvider<MessagingObserver> observers) {
        return new Outbox(
                new OutboxInsert(table, delayed, address),
                managers,
                new CommitAnnouncer(lanes, signal, notices.getIfAvailable()),
                ShieldedObservers.of(observers));
    }

    @Bean
    @ConditionalOnMissingBean(MessagePublisher.class)
    OutboxPublisher reliableMessagingPublisher(
            Outbox outbox,
            MessageEncoder encoder,
            ObjectProvider<PublishPreflight> preflight,
            ObjectProvider<BacklogGuard> guard,
            MessageTracing tracing) {
        Supplier<PublishPreflight> checks = SingletonSupplier.of(() -> preflight.getIfAvailable(() -> message -> {}));
        return new OutboxPublisher(outbox, encoder, checks, guard.getIfAvailable(), tracing);
    }

    @Bean
    ReliableEventListener reliableMessagingEventListener(
            ObjectProvider<MessagePublisher> publisher, Environment environment) {
        return new ReliableEventListener(publisher::getObject, environment);
    }

    /** Wires the retention of sent messages, if the application has configured it. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnProperty("reliable-messaging.outbox.retention")
    static class Retention {

        @Bean
        @DependsOnDatabaseInitialization
        PublishedMessages reliableMessagingPublishedMessages(
                MessagingDataSource messaging, Schema schema, OutboxSignal signal) {
            return new PublishedMessages(new AutoCommitDataSource(messaging.dataSource()), schema, signal);
        }

        @Bean
        PublishedPurge reliableMessagingPublishedPurge(
                PublishedMessages messages, OutboxProperties properties, Infrastructure infrastructure) {
            return new PublishedPurge(messages, Objects.requireNonNull(properties.retention()), infrastructure);
        }
    }
}
