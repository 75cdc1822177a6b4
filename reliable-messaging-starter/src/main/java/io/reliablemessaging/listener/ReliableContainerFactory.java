package io.reliablemessaging.listener;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.Ordering;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.consumer.Consumers;
import io.reliablemessaging.consumer.ListenerRun;
import io.reliablemessaging.delivery.Deliveries;
import io.reliablemessaging.delivery.ListenerProperties;
import io.reliablemessaging.delivery.ListenerSettings;
import io.reliablemessaging.delivery.ListenerStores;
import io.reliablemessaging.delivery.ListenersProperties;
import io.reliablemessaging.handler.Handler;
import io.reliablemessaging.handler.HandlerMethods;
import io.reliablemessaging.handler.Invocation;
import io.reliablemessaging.payload.PayloadCodec;
import io.reliablemessaging.settings.StartupRefusal;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.topics.ShareGroups;
import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.transaction.HandlerTransactions;
import io.reliablemessaging.wire.ClientObserver;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.kafka.annotation.RetryTopicConfigurationProvider;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.config.KafkaListenerEndpoint;
import org.springframework.kafka.config.MethodKafkaListenerEndpoint;
import org.springframework.kafka.config.MultiMethodKafkaListenerEndpoint;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.util.StringUtils;

/**
 * Lets Spring Kafka find and register {@code @ReliableListener} methods, and creates a container around the method itself
 * instead of around Spring Kafka's adapter.
 */
final class ReliableContainerFactory extends ConcurrentKafkaListenerContainerFactory<byte[], byte[]> {

    private static final Logger log = ReadableLogger.of(ReliableContainerFactory.class);
    // the time for the rest of a stop, besides the bound of running handlers
    private static final Duration STOP = Duration.ofSeconds(15);

    private final ConsumerConfiguration configuration;
    private final Stage stage;
    private final ListenerRules rules = new ListenerRules();

    /**
     * Holds what all listeners of the application share.
     *
     * @param settings settings of listeners
     * @param handling what handles a message
     * @param consumers read and handle messages
     * @param clients registers the metrics of consumers
     * @param known registers that get each new listener
     * @param host what the application has
     */
    record Stage(
            Settings settings,
            Handling handling,
            Consumers consumers,
            ClientObserver clients,
            KnownListeners known,
            Host host) {}

    /**
     * Settings of listeners.
     *
     * @param all settings of all listeners
     * @param single settings of single listeners
     */
    record Settings(ListenerProperties all, ListenersProperties single) {}

    /**
     * What handles a message.
     *
     * @param transactions create the transactions of handlers
     * @param stores tables that deliveries read and write
     * @param codec reads payloads
     * @param methods creates the calls of handlers
     * @param observer the application's observers
     * @param tracing traces the calls of handlers
     */
    record Handling(
            HandlerTransactions transactions,
            ListenerStores stores,
            PayloadCodec codec,
            HandlerMethods methods,
            MessagingObserver observer,
            MessageTracing tracing) {}

    /**
     * What the application has.
     *
     * @param beans its beans, for the values of attributes
     * @param retryTopics what Spring Kafka would do with failures
     */
    record Host(ConfigurableListableBeanFactory beans, RetryTopicConfigurationProvider retryTopics) {}

    ReliableContainerFactory(ConsumerConfiguration configuration, Stage stage) {
        this.configuration = configuration;
        this.stage = stage;
    }

    @Override
    public ConcurrentMessageListenerContainer<byte[], byte[]> createListenerContainer(KafkaListenerEndpoint endpoint) {
        if (!(endpoint instanceof MethodKafkaListenerEndpoint<?, ?> method)) {
            throw new IllegalStateException(
                    "@ReliableListener belongs on a method; %s is none".formatted(endpoint.getId()));
        }
        if (endpoint instanceof MultiMethodKafkaListenerEndpoint<?, ?>) {
            throw BeanTypeRules.classLevel(method.getBean().getClass());
        }
        requireNoRetryTopics(method);
        String id = Objects.requireNonNull(endpoint.getId(), "id");
        String group = Objects.requireNonNullElse(endpoint.getGroupId(), "");
        List<String> topics = Objects.requireNonNull(endpoint.getTopics(), "topics").stream()
                .distinct()
                .toList();
        Handler handler = new Handler(
                method.getBean(), method.getMethod(), stage.handling().methods());
        ReliableListener annotation = annotation(handler.declared());
        handler.prepare(stage.handling().codec());
        ListenerSettings settings = ListenerSettings.of(
                id, group, annotation, stage.settings().all(), stage.settings().single());
        rules.add(group, topics, settings.ordering(), handler.declared());
        Deliveries.Calls calls = calls(settings, handler);
        ReliableListenerContainer container =
                container(settings, topics, deliveries(settings, topics, calls), clientId(endpoint));
        logIgnored(
                settings,
                KafkaListenerAttributes.ignored(handler.declared(), stage.host().beans()));
        container.setBeanName(id);
        container.setMainListenerId(Objects.requireNonNullElse(endpoint.getMainListenerId(), id));
        initializeContainer(container, endpoint);
        container
                .getContainerProperties()
                .setShutdownTimeout(settings.handOverLimit().plus(STOP).toMillis());
        stage.known().add(settings, topics, container);
        stage.known()
                .handlers()
                .add(topics, settings, calls, stage.handling().stores().inbox(), stage.consumers());
        return container;
    }

    private void requireNoRetryTopics(MethodKafkaListenerEndpoint<?, ?> endpoint) {
        Method method =
                AopUtils.getMostSpecificMethod(endpoint.getMethod(), AopUtils.getTargetClass(endpoint.getBean()));
        String[] topics = endpoint.getTopics().toArray(String[]::new);
        if (stage.host().retryTopics().findRetryConfigurationFor(topics, method, endpoint.getBean()) != null) {
            throw new RetryTopicsException(String.valueOf(endpoint.getId()), endpoint.getTopics());
        }
    }

    private @Nullable String clientId(KafkaListenerEndpoint endpoint) {
        String own = endpoint.getClientIdPrefix();
        return StringUtils.hasText(own) ? own : getContainerProperties().getClientId();
    }

    // also finds listeners of beans whose definition does not tell the class
    private ReliableListener annotation(Method declared) {
        ReliableListener annotation = AnnotatedElementUtils.findMergedAnnotation(declared, ReliableListener.class);
        if (annotation == null) {
            throw new StartupRefusal(
                    "%s has containerFactory '%s' without @ReliableListener, which names its group and its listener"
                            .formatted(declared, ListenerAutoConfiguration.FACTORY),
                    "Write @ReliableListener in place of @KafkaListener, also in annotations of your own");
        }
        KafkaListenerAttributes.require(declared, stage.host().beans());
        return annotation;
    }

    private Deliveries.Calls calls(ListenerSettings settings, Handler handler) {
        Invocation invocation = new Invocation(
                settings.id(),
                handler,
                stage.handling().codec(),
                stage.handling().observer(),
                stage.handling().tracing());
        return new Deliveries.Calls(
                invocation,
                stage.handling()
                        .transactions()
                        .forHandler(
                                handler.declared(),
                                AopUtils.getTargetClass(handler.bean()),
                                settings.transactionLimit()),
                stage.handling().transactions().plain());
    }

    private Deliveries deliveries(ListenerSettings settings, List<String> topics, Deliveries.Calls calls) {
        return Deliveries.of(
                settings,
                topics,
                calls,
                stage.handling().stores(),
                stage.handling().observer());
    }

    private ReliableListenerContainer container(
            ListenerSettings settings, List<String> topics, Deliveries deliveries, @Nullable String clientId) {
        ContainerProperties properties = new ContainerProperties(topics.toArray(String[]::new));
        boolean shared = settings.ordering() == Ordering.NONE;
        ConsumerConfiguration own = configuration.withClientId(clientId);
        return new ReliableListenerContainer(
                ObservedConsumers.members(settings.group(), own.member(settings.id()), stage.clients()),
                properties,
                stage.known().pauses().add(settings.id(), settings.group(), topics),
                container -> shared ? createShared(deliveries, own, container) : createOrdered(deliveries, container),
                () -> forget(settings, topics));
    }

    private void forget(ListenerSettings settings, List<String> topics) {
        rules.remove(settings.group(), topics);
        stage.known().remove(settings.id());
    }

    private ListenerRun createOrdered(Deliveries deliveries, ReliableListenerContainer container) {
        return stage.consumers()
                .createOrdered(
                        deliveries,
                        oneAtATime -> container.createConsumer(
                                deliveries.settings().group(),
                                stage.consumers().readLimits(configuration.fetchBytes(), oneAtATime)),
                        container);
    }

    private ListenerRun createShared(
            Deliveries deliveries, ConsumerConfiguration own, ReliableListenerContainer container) {
        ListenerSettings settings = deliveries.settings();
        ShareGroups groups = stage.known().shareGroups();
        try {
            int unused = groups.prepare(settings.group());
        } catch (KafkaException e) {
            log.warn(
                    "Listener {} cannot prepare its share group yet; it retries and reads nothing until then: {}",
                    settings.id(),
                    e);
        }
        return stage.consumers()
                .createShared(
                        deliveries,
                        groups,
                        (number, records) -> shareConsumer(settings, own, number, records),
                        container);
    }

    private ShareConsumer<byte[], byte[]> shareConsumer(
            ListenerSettings settings, ConsumerConfiguration own, int number, int records) {
        Map<String, Object> config = own.sharing(settings.id(), number);
        config.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, records);
        config.put(
                ConsumerConfig.FETCH_MAX_BYTES_CONFIG, (int) stage.consumers().readBytes(own.fetchBytes()));
        return ObservedConsumers.sharing(settings.group(), config, stage.clients());
    }

    private void logIgnored(ListenerSettings settings, List<String> attributes) {
        List<String> ignored = new ArrayList<>(attributes);
        if (settings.ordering() == Ordering.NONE) {
            configuration
                    .notForSharing()
                    .forEach(name -> ignored.add("%s (the cluster decides that for share groups)".formatted(name)));
        }
        if (!ignored.isEmpty()) {
            log.info("Listener {} has no use for what is set for it: {}", settings.id(), String.join("; ", ignored));
        }
    }
}
