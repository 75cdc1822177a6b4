package io.reliablemessaging.listener;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.broker.ListenedTopics;
import io.reliablemessaging.broker.ShareGroups;
import io.reliablemessaging.broker.TopicIds;
import io.reliablemessaging.deadletter.ParkedMessages;
import io.reliablemessaging.deadletter.ParkedQueues;
import io.reliablemessaging.deadletter.ParkedSignal;
import io.reliablemessaging.inbox.Inbox;
import io.reliablemessaging.inbox.InboxRetention;
import io.reliablemessaging.inbox.ListeningGroups;
import io.reliablemessaging.inbox.PartitionWatch;
import io.reliablemessaging.outbox.Outbox;
import io.reliablemessaging.outbox.OutboxTransactionManagers;
import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.wire.KafkaConnection;
import io.reliablemessaging.wire.PayloadCodec;
import javax.sql.DataSource;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jdbc.metadata.CompositeDataSourcePoolMetadataProvider;
import org.springframework.boot.jdbc.metadata.DataSourcePoolMetadata;
import org.springframework.boot.jdbc.metadata.DataSourcePoolMetadataProvider;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Role;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.env.Environment;
import org.springframework.kafka.annotation.RetryTopicConfigurationProvider;
import org.springframework.util.function.SingletonSupplier;

/** Wires the listeners. */
@AutoConfiguration(
        afterName = {
            "io.reliablemessaging.outbox.OutboxAutoConfiguration",
            "io.reliablemessaging.inbox.InboxAutoConfiguration",
            "io.reliablemessaging.deadletter.DeadLetterAutoConfiguration",
            "io.reliablemessaging.broker.BrokerAutoConfiguration"
        })
@ConditionalOnBean({KafkaConnection.class, Outbox.class, Inbox.class, ParkedMessages.class, TopicIds.class})
@EnableConfigurationProperties({ListenerProperties.class, ListenersProperties.class})
public final class ListenerAutoConfiguration {

    ListenerAutoConfiguration() {}

    // not a candidate for injection by type: the host's own factory stays the only one it sees
    @Bean(name = "reliableMessagingContainerFactory", autowireCandidate = false)
    @Lazy // made for the first listener: an application that only publishes needs none of it
    @DependsOnDatabaseInitialization
    ReliableContainerFactory reliableMessagingContainerFactory(
            KafkaConnection kafka,
            KafkaProperties host,
            ListenerProperties all,
            ListenersProperties single,
            InboxTransactionManager manager,
            ObjectProvider<ListenerStores> stores,
            ListenedTopics listened,
            ShareGroups shareGroups,
            ListeningGroups groups,
            Listeners listeners,
            HandlerPermits permits,
            Environment environment,
            ConfigurableListableBeanFactory beans,
            ObjectProvider<MessagingObserver> observers,
            MessageTracing tracing) {
        ReliableContainerFactory factory = new ReliableContainerFactory(
                ReliableContainerFactory.safe(kafka.consumer()),
                new ReliableContainerFactory.Stage(
                        all,
                        single,
                        new HandlerTransactions(manager.manager(), manager::isNamed),
                        stores.getObject(),
                        listened,
                        shareGroups,
                        groups,
                        listeners,
                        new RetryTopicConfigurationProvider(beans),
                        beans,
                        permits,
                        HandlerThreads.of(environment),
                        MessagingObserver.all(SingletonSupplier.of(
                                () -> observers.orderedStream().toList())),
                        tracing));
        factory.setAutoStartup(host.getListener().isAutoStartup());
        return factory;
    }

    @Bean
    ListenerStores reliableMessagingListenerStores(
            Inbox inbox,
            InboxRetention retention,
            PartitionWatch watch,
            ParkedMessages parked,
            ParkedQueues queues,
            ParkedSignal signal,
            Outbox outbox,
            PayloadCodec codec,
            TopicIds topicIds) {
        return new ListenerStores(inbox, retention, watch, parked, queues, signal, outbox, codec, topicIds);
    }

    @Bean
    Listeners reliableMessagingListeners() {
        return new Listeners();
    }

    @Bean
    HandlerPermits reliableMessagingHandlerPermits(
            DataSource dataSource, ObjectProvider<DataSourcePoolMetadataProvider> pools) {
        DataSourcePoolMetadata pool = new CompositeDataSourcePoolMetadataProvider(
                        pools.orderedStream().toList())
                .getDataSourcePoolMetadata(dataSource);
        Integer most = pool == null ? null : pool.getMax();
        return HandlerPermits.of(most == null ? 0 : most);
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

    // with spring.main.lazy-initialization=true, nobody else would ever ask for these beans
    @Bean
    static LazyInitializationExcludeFilter reliableMessagingListenersAreNotLazy() {
        return (name, definition, type) -> !MethodIntrospector.selectMethods(
                        type, (MethodIntrospector.MetadataLookup<ReliableListener>)
                                method -> AnnotatedElementUtils.findMergedAnnotation(method, ReliableListener.class))
                .isEmpty();
    }
}
