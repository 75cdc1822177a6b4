package io.reliablemessaging.listener;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.broker.ListenedTopics;
import io.reliablemessaging.broker.TopicIds;
import io.reliablemessaging.deadletter.ParkedMessages;
import io.reliablemessaging.inbox.Inbox;
import io.reliablemessaging.listener.DeliveryProtocol.Stores;
import io.reliablemessaging.outbox.Outbox;
import io.reliablemessaging.outbox.OutboxTransactionManagers;
import io.reliablemessaging.wire.KafkaConnection;
import io.reliablemessaging.wire.PayloadCodec;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Role;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;
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
@EnableConfigurationProperties(ListenerProperties.class)
public final class ListenerAutoConfiguration {

    ListenerAutoConfiguration() {}

    // not a candidate for injection by type: the host's own factory stays the only one it sees
    @Bean(name = "reliableMessagingContainerFactory", autowireCandidate = false)
    @Lazy // made for the first listener: an application that only publishes needs none of it
    @DependsOnDatabaseInitialization
    ReliableContainerFactory reliableMessagingContainerFactory(
            KafkaConnection kafka,
            KafkaProperties host,
            ListenerProperties settings,
            InboxTransactionManager manager,
            ObjectProvider<Stores> stores,
            TopicIds topicIds,
            ListenedTopics listened,
            BeanFactory beans,
            ObjectProvider<MessagingObserver> observers) {
        ReliableContainerFactory factory = new ReliableContainerFactory(
                ReliableContainerFactory.safe(kafka.consumer()),
                new ReliableContainerFactory.Stage(
                        new HandlerTransactions(manager.manager(), manager::isNamed),
                        settings.policy(),
                        stores.getObject(),
                        new Identity(topicIds),
                        listened,
                        new RetryTopicConfigurationProvider(beans),
                        MessagingObserver.all(SingletonSupplier.of(
                                () -> observers.orderedStream().toList()))));
        factory.setAutoStartup(host.getListener().isAutoStartup());
        return factory;
    }

    @Bean
    Stores reliableMessagingStores(Inbox inbox, ParkedMessages parked, Outbox outbox, PayloadCodec codec) {
        return new Stores(inbox, parked, outbox, codec);
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
