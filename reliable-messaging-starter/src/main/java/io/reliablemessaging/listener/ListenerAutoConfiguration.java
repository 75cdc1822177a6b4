package io.reliablemessaging.listener;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.consumer.Consumers;
import io.reliablemessaging.database.HandlerConnections;
import io.reliablemessaging.deadletter.ParkedMessages;
import io.reliablemessaging.deadletter.ParkedQueues;
import io.reliablemessaging.deadletter.ParkedSignal;
import io.reliablemessaging.delivery.ListenerProperties;
import io.reliablemessaging.delivery.ListenerStores;
import io.reliablemessaging.delivery.ListenersProperties;
import io.reliablemessaging.handler.HandlerMethods;
import io.reliablemessaging.inbox.Inbox;
import io.reliablemessaging.inbox.ListeningGroups;
import io.reliablemessaging.inbox.PartitionHistory;
import io.reliablemessaging.observers.ShieldedObservers;
import io.reliablemessaging.outbox.OutboxConnections;
import io.reliablemessaging.pause.ListenerPauses;
import io.reliablemessaging.payload.PayloadCodec;
import io.reliablemessaging.permits.HandlerThreads;
import io.reliablemessaging.publish.Outbox;
import io.reliablemessaging.publish.OutboxTransactionManagers;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.schema.DatabaseProbe;
import io.reliablemessaging.schema.MessagingDataSource;
import io.reliablemessaging.topics.ListenedTopics;
import io.reliablemessaging.topics.ShareGroups;
import io.reliablemessaging.topics.TopicIds;
import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.transaction.HandlerTransactions;
import io.reliablemessaging.transaction.InboxTransactionManager;
import io.reliablemessaging.transaction.TransactionConnections;
import io.reliablemessaging.wire.ClientObserver;
import io.reliablemessaging.wire.KafkaConnection;
import java.util.List;
import java.util.Objects;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jdbc.metadata.DataSourcePoolMetadataProvider;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Role;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.env.Environment;
import org.springframework.kafka.annotation.RetryTopicConfigurationProvider;

/** Wires the listeners. */
@AutoConfiguration(
        afterName = {
            "io.reliablemessaging.publish.OutboxAutoConfiguration",
            "io.reliablemessaging.inbox.InboxAutoConfiguration",
            "io.reliablemessaging.deadletter.DeadLetterAutoConfiguration",
            "io.reliablemessaging.pause.PauseAutoConfiguration",
            "io.reliablemessaging.broker.BrokerAutoConfiguration"
        })
@ConditionalOnBean({
    KafkaConnection.class,
    Outbox.class,
    Inbox.class,
    ParkedMessages.class,
    ListenerPauses.class,
    TopicIds.class
})
@EnableConfigurationProperties({ListenerProperties.class, ListenersProperties.class})
public final class ListenerAutoConfiguration {

    /** Name of the factory that creates the containers of our listeners. */
    static final String FACTORY = "reliableMessagingContainerFactory";

    ListenerAutoConfiguration() {}

    // not a candidate for injection by type: the host's own factory stays the only one that it sees
    @Bean(name = FACTORY, autowireCandidate = false)
    @Lazy // created for the first listener: an application that only publishes needs none of it
    @DependsOnDatabaseInitialization
    ReliableContainerFactory reliableMessagingContainerFactory(
            KafkaConnection kafka,
            KafkaProperties host,
            ListenerProperties all,
            ListenersProperties single,
            InboxTransactionManager manager,
            MessagingDataSource messaging,
            ObjectProvider<ListenerStores> stores,
            Consumers consumers,
            PayloadCodec codec,
            KnownListeners known,
            ConfigurableListableBeanFactory beans,
            HandlerMethods methods,
            ObjectProvider<MessagingObserver> observers,
            MessageTracing tracing,
            ObjectProvider<ClientObserver> clients) {
        ConsumerConfiguration consumer = ConsumerConfiguration.of(kafka.consumer());
        UnusedHostSettings.find(consumer, host.getListener(), beans).logUnused();
        ReliableContainerFactory factory = new ReliableContainerFactory(
                consumer,
                new ReliableContainerFactory.Stage(
                        new ReliableContainerFactory.Settings(all, single),
                        new ReliableContainerFactory.Handling(
                                new HandlerTransactions(
                                        manager.manager(),
                                        manager::isNamed,
                                        new TransactionConnections(messaging.dataSource())),
                                stores.getObject(),
                                codec,
                                methods,
                                ShieldedObservers.of(observers),
                                tracing),
                        consumers,
                        ClientObserver.of(clients),
                        known,
                        new ReliableContainerFactory.Host(beans, new RetryTopicConfigurationProvider(beans))));
        factory.setAutoStartup(host.getListener().isAutoStartup());
        factory.getContainerProperties()
                .setClientId(Objects.requireNonNullElse(host.getListener().getClientId(), ""));
        return factory;
    }

    @Bean
    KnownListeners reliableMessagingKnownListeners(
            ListenedTopics topics,
            ShareGroups shareGroups,
            ListeningGroups groups,
            Listeners listeners,
            RegisteredHandlers handlers,
            ListenerPauses pauses) {
        return new KnownListeners(topics, shareGroups, groups, listeners, handlers, pauses);
    }

    @Bean
    RegisteredHandlers reliableMessagingListenerHandlers(ConfigurableApplicationContext context) {
        return new RegisteredHandlers(context::isClosed);
    }

    @Bean
    HandlerMethods reliableMessagingHandlerMethods(ConfigurableListableBeanFactory beans) {
        return new HandlerMethods(beans);
    }

    @Bean
    ListenerStores reliableMessagingListenerStores(
            Inbox inbox, PartitionHistory history, ParkedMessages parked, ParkedQueues queues, Outbox outbox) {
        return new ListenerStores(inbox, history, parked, queues, outbox);
    }

    @Bean(destroyMethod = "close")
    @Lazy
    @DependsOnDatabaseInitialization
    Consumers reliableMessagingConsumers(
            ListenerProperties all,
            MessagingDataSource messaging,
            ObjectProvider<DataSourcePoolMetadataProvider> pools,
            TopicIds topicIds,
            ParkedQueues queues,
            ParkedSignal signal,
            ListenerPauses pauses,
            Listeners listeners,
            HandlerConnections handlers,
            Infrastructure infrastructure,
            Environment environment) {
        Integer most = messaging.most(pools.orderedStream().toList());
        Consumers consumers = new Consumers(
                new Consumers.Limits(
                        all.memoryBytes(),
                        most == null ? 0 : most,
                        handlers.leftToOthers(),
                        all.connectionsPerHandler(),
                        all.idHeader()),
                topicIds,
                queues,
                new DatabaseProbe(messaging.dataSource())::ask,
                HandlerThreads.of(environment),
                infrastructure);
        signal.onWake(consumers::wake);
        pauses.onChange(consumers::wake);
        listeners.share(consumers);
        return consumers;
    }

    @Bean
    Listeners reliableMessagingListeners() {
        return new Listeners();
    }

    @Bean
    HandlerConnections reliableMessagingHandlerConnections(
            Listeners listeners, ListenerProperties all, OutboxConnections relay) {
        int others = HandlerConnections.leftToOthers(relay.useHostPool());
        return new HandlerConnections() {
            @Override
            public int leftToOthers() {
                return others;
            }

            @Override
            public List<Need> needs() {
                return listeners.needs(all.connectionsPerHandler());
            }
        };
    }

    @Bean
    @Lazy
    InboxTransactionManager reliableMessagingInboxTransactionManager(
            ListableBeanFactory beans, OutboxTransactionManagers managers) {
        return InboxTransactionManager.find(beans, managers);
    }

    @Bean
    @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
    static StableListenerIds reliableMessagingListenerIds() {
        return new StableListenerIds();
    }

    @Bean
    static ListenerBeans reliableMessagingListenerBeans() {
        return new ListenerBeans();
    }

    @Bean
    UnknownListenerIds reliableMessagingUnknownListenerIds(
            ApplicationContext context, ListenersProperties properties, Listeners listeners) {
        return new UnknownListenerIds(context, properties, listeners);
    }

    // with spring.main.lazy-initialization=true, nothing else would ever create these beans
    @Bean
    static LazyInitializationExcludeFilter reliableMessagingListenersAreNotLazy() {
        return (name, definition, type) -> !MethodIntrospector.selectMethods(
                        type, (MethodIntrospector.MetadataLookup<ReliableListener>)
                                method -> AnnotatedElementUtils.findMergedAnnotation(method, ReliableListener.class))
                .isEmpty();
    }
}
