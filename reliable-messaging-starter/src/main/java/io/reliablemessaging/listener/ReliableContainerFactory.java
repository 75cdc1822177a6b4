package io.reliablemessaging.listener;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.broker.ListenedTopics;
import io.reliablemessaging.deadletter.DeadLetterRecord;
import io.reliablemessaging.listener.DeliveryProtocol.Stores;
import io.reliablemessaging.retry.RedeliveryPolicy;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.springframework.aop.support.AopUtils;
import org.springframework.kafka.annotation.RetryTopicConfigurationProvider;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.config.KafkaListenerEndpoint;
import org.springframework.kafka.config.MethodKafkaListenerEndpoint;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.ContainerProperties.AckMode;

/**
 * Lets Spring Kafka find and register {@code @ReliableListener} methods, and builds the container around the method
 * itself instead of around Spring Kafka's adapter.
 */
final class ReliableContainerFactory extends ConcurrentKafkaListenerContainerFactory<byte[], byte[]> {

    private static final long POLL_MILLIS = 50;

    private final Stage stage;

    /**
     * What every listener of the application shares.
     *
     * @param transactions transactions for handlers
     * @param policy what follows a failure
     * @param stores what deliveries write to
     * @param identity which message a record is
     * @param listened who listens to what
     * @param retryTopics what Spring Kafka would do with failures
     * @param observer is told what happens
     */
    record Stage(
            HandlerTransactions transactions,
            RedeliveryPolicy policy,
            Stores stores,
            Identity identity,
            ListenedTopics listened,
            RetryTopicConfigurationProvider retryTopics,
            MessagingObserver observer) {}

    ReliableContainerFactory(Map<String, Object> consumerConfig, Stage stage) {
        this.stage = stage;
        setConsumerFactory(new DefaultKafkaConsumerFactory<>(
                consumerConfig, new ByteArrayDeserializer(), new ByteArrayDeserializer()));
        getContainerProperties().setAckMode(AckMode.MANUAL);
        // a due retry is noticed between two polls; this wait is in the client, it asks the broker no more often
        getContainerProperties().setPollTimeout(POLL_MILLIS);
    }

    /** The host's settings with ours in the place of all that bears on the promise. */
    static Map<String, Object> safe(Map<String, Object> host) {
        Map<String, Object> config = new HashMap<>(host);
        config.remove(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG);
        config.remove(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG);
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        // a new group, or one whose offsets have expired, begins where nothing can be missed
        config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        // what a Kafka transaction of somebody else has aborted never happened
        config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        return config;
    }

    @Override
    public ConcurrentMessageListenerContainer<byte[], byte[]> createListenerContainer(KafkaListenerEndpoint endpoint) {
        if (!(endpoint instanceof MethodKafkaListenerEndpoint<?, ?> method)) {
            throw new IllegalStateException(
                    "@ReliableListener belongs on a method; %s is none".formatted(endpoint.getId()));
        }
        requireNoRetryTopics(method);
        String group = Objects.requireNonNull(endpoint.getGroupId(), "groupId");
        ConcurrentMessageListenerContainer<byte[], byte[]> container = createContainerInstance(endpoint);
        String id = Objects.requireNonNull(endpoint.getId(), "id");
        container.setBeanName(id);
        container.setMainListenerId(Objects.requireNonNullElse(endpoint.getMainListenerId(), id));
        initializeContainer(container, endpoint);
        container.setupMessageListener(adapter(group, new Handler(method.getBean(), method.getMethod())));
        for (String topic : Objects.requireNonNull(endpoint.getTopics(), "topics")) {
            stage.listened().add(topic, DeadLetterRecord.topic(topic, group));
        }
        return container;
    }

    private void requireNoRetryTopics(MethodKafkaListenerEndpoint<?, ?> endpoint) {
        Method method =
                AopUtils.getMostSpecificMethod(endpoint.getMethod(), AopUtils.getTargetClass(endpoint.getBean()));
        String[] topics = endpoint.getTopics().toArray(String[]::new);
        if (stage.retryTopics().findRetryConfigurationFor(topics, method, endpoint.getBean()) != null) {
            throw new RetryTopicsException(String.valueOf(endpoint.getId()), endpoint.getTopics());
        }
    }

    private RecordAdapter adapter(String group, Handler handler) {
        DeliveryProtocol protocol = new DeliveryProtocol(
                group,
                handler,
                stage.transactions().forHandler(handler.declared(), AopUtils.getTargetClass(handler.bean())),
                stage.transactions().plain(),
                stage.policy(),
                stage.stores());
        return new RecordAdapter(protocol, stage.identity(), stage.observer(), group);
    }
}
