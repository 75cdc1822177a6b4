package io.reliablemessaging.listener;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.Ordering;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.broker.ListenedTopics;
import io.reliablemessaging.broker.ShareGroups;
import io.reliablemessaging.deadletter.DeadLetterRecord;
import io.reliablemessaging.inbox.ListeningGroups;
import io.reliablemessaging.tracing.MessageTracing;
import java.lang.reflect.Method;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.IntSupplier;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.kafka.annotation.RetryTopicConfigurationProvider;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.config.KafkaListenerEndpoint;
import org.springframework.kafka.config.MethodKafkaListenerEndpoint;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Lets Spring Kafka find and register {@code @ReliableListener} methods, and builds the container around the method
 * itself instead of around Spring Kafka's adapter.
 */
final class ReliableContainerFactory extends ConcurrentKafkaListenerContainerFactory<byte[], byte[]>
        implements DisposableBean {

    private static final Logger log = LoggerFactory.getLogger(ReliableContainerFactory.class);
    // what the handlers' own bound leaves for the rest of a stop
    private static final Duration STOP = Duration.ofSeconds(15);

    private static final Set<String> NOT_FOR_SHARING = Set.of(
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            ConsumerConfig.GROUP_INSTANCE_ID_CONFIG,
            ConsumerConfig.GROUP_PROTOCOL_CONFIG,
            ConsumerConfig.GROUP_REMOTE_ASSIGNOR_CONFIG,
            ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
            ConsumerConfig.INTERCEPTOR_CLASSES_CONFIG,
            ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG,
            ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG);

    private final Map<String, Object> consumerConfig;
    private final Stage stage;
    private final Delays timer;
    private final Outage database;
    private final ConsumerFactory<byte[], byte[]> consumers;
    private final AtomicInteger sharing = new AtomicInteger();

    /**
     * What every listener of the application shares.
     *
     * @param all settings of all listeners
     * @param single settings of single ones
     * @param transactions transactions for handlers
     * @param stores what deliveries read and write
     * @param listened who listens to what
     * @param shareGroups prepares groups without an order
     * @param groups which groups there are
     * @param listeners shows them to people
     * @param retryTopics what Spring Kafka would do with failures
     * @param beans of the application, for what handlers take
     * @param permits limit the handlers of the application
     * @param threads makes the threads of handlers, given a prefix for their names
     * @param observer is told what happens
     * @param tracing traces the calls of handlers
     */
    record Stage(
            ListenerProperties all,
            ListenersProperties single,
            HandlerTransactions transactions,
            ListenerStores stores,
            ListenedTopics listened,
            ShareGroups shareGroups,
            ListeningGroups groups,
            Listeners listeners,
            RetryTopicConfigurationProvider retryTopics,
            ConfigurableListableBeanFactory beans,
            HandlerPermits permits,
            Function<String, ThreadFactory> threads,
            MessagingObserver observer,
            MessageTracing tracing) {}

    ReliableContainerFactory(Map<String, Object> consumerConfig, Stage stage) {
        this.consumerConfig = consumerConfig;
        this.stage = stage;
        this.timer = new Delays();
        this.database = new Outage("The database", timer, InstantSource.system());
        this.consumers = new DefaultKafkaConsumerFactory<>(
                consumerConfig, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        setConsumerFactory(consumers);
    }

    /** The same for members of share groups, which know fewer settings. */
    static Map<String, Object> safeForSharing(Map<String, Object> host) {
        Map<String, Object> config = safe(host);
        NOT_FOR_SHARING.forEach(config::remove);
        config.put(ConsumerConfig.SHARE_ACKNOWLEDGEMENT_MODE_CONFIG, "explicit");
        // what is lent and not begun would be delivered once more for nothing
        config.put(ConsumerConfig.SHARE_ACQUIRE_MODE_CONFIG, "record_limit");
        config.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1);
        return config;
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
        String id = Objects.requireNonNull(endpoint.getId(), "id");
        String group = Objects.requireNonNull(endpoint.getGroupId(), "groupId");
        List<String> topics = List.copyOf(Objects.requireNonNull(endpoint.getTopics(), "topics"));
        Handler handler = new Handler(method.getBean(), method.getMethod(), stage.beans());
        ListenerSettings settings = ListenerSettings.of(
                id,
                group,
                AnnotatedElementUtils.findMergedAnnotation(handler.declared(), ReliableListener.class),
                stage.all(),
                stage.single());
        Parts parts = new Parts(settings, topics, handler);
        ReliableListenerContainer container =
                new ReliableListenerContainer(consumers, new ContainerProperties(topics.toArray(String[]::new)), parts);
        container.setBeanName(id);
        container.setMainListenerId(Objects.requireNonNullElse(endpoint.getMainListenerId(), id));
        initializeContainer(container, endpoint);
        container
                .getContainerProperties()
                .setShutdownTimeout(settings.handOverLimit().plus(STOP).toMillis());
        stage.stores().parkedSignal().onWake(container::look);
        stage.groups().add(group);
        stage.listeners()
                .add(new Listeners.Watched(settings, topics, container, List.of(database, parts.tools.remote())));
        for (String topic : topics) {
            stage.listened().add(group, topic, DeadLetterRecord.topic(topic, group));
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

    private ShareConsumer<byte[], byte[]> shareConsumer(ListenerSettings settings) {
        Map<String, Object> config = safeForSharing(consumerConfig);
        config.put(ConsumerConfig.GROUP_ID_CONFIG, settings.group());
        config.put(ConsumerConfig.CLIENT_ID_CONFIG, settings.id() + "-" + sharing.incrementAndGet());
        return new KafkaShareConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    @Override
    public void destroy() {
        timer.close();
    }

    /** Makes the parts of a listener's run. */
    private final class Parts implements Function<ReliableListenerContainer, ReliableListenerContainer.Run> {

        private final ListenerSettings settings;
        private final List<String> topics;
        private final LiveDelivery live;
        private final ParkedDelivery parked;
        private final ListenerWork.Tools tools;

        private Parts(ListenerSettings settings, List<String> topics, Handler handler) {
            this.settings = settings;
            this.topics = topics;
            Invocation invocation =
                    new Invocation(settings.id(), handler, stage.stores().codec(), stage.observer(), stage.tracing());
            TransactionTemplate handling =
                    stage.transactions().forHandler(handler.declared(), AopUtils.getTargetClass(handler.bean()));
            TransactionTemplate judging = stage.transactions().plain();
            ParkedKeys keys = new ParkedKeys(stage.stores().parked(), settings.group(), topics);
            RemoteOutage signs =
                    new RemoteOutage(stage.all().outageTypes(), stage.all().maxOutage(), InstantSource.system());
            this.live = new LiveDelivery(settings, invocation, handling, judging, stage.stores(), keys, signs);
            this.parked = new ParkedDelivery(settings, invocation, handling, judging, stage.stores(), signs);
            this.tools = new ListenerWork.Tools(
                    live,
                    new BatchDelivery(
                            settings, invocation, handling, stage.stores().inbox(), keys),
                    new Identity(stage.stores().topicIds(), stage.all().idHeader()),
                    new Reports(settings.id(), stage.observer()),
                    new Deaths(stage.stores().watch(), settings),
                    stage.permits(),
                    database,
                    new Outage("What listener %s needs".formatted(settings.id()), timer, InstantSource.system()),
                    signs);
        }

        @Override
        public ReliableListenerContainer.Run apply(ReliableListenerContainer container) {
            Workers workers = workers("-");
            Workers drainers = workers("-parked-");
            Reader loop =
                    settings.ordering() == Ordering.NONE ? shared(container, workers) : ordered(container, workers);
            Drain drain = new Drain(
                    settings,
                    topics,
                    stage.stores().queues(),
                    parked,
                    tools,
                    drainers,
                    container::isPauseRequested,
                    container::fail);
            return new ReliableListenerContainer.Run(loop, drain, workers, drainers);
        }

        private Reader ordered(ReliableListenerContainer container, Workers workers) {
            return new RecordLoop(
                    settings,
                    topics,
                    () -> container.consumer(settings.group()),
                    new ListenerWork(settings, workers, timer, tools, container::fail),
                    container::isPauseRequested);
        }

        private Reader shared(ReliableListenerContainer container, Workers workers) {
            IntSupplier prepare = () -> stage.shareGroups().prepare(settings.group());
            try {
                int unused = prepare.getAsInt();
            } catch (KafkaException e) {
                log.warn(
                        "Listener {} reads as soon as the cluster has prepared its group: {}",
                        settings.id(),
                        e.getMessage());
            }
            return new ShareLoop(settings, prepare, deliveries -> {
                ShareWork.Delivering delivering =
                        new ShareWork.Delivering(settings, tools, workers, timer, deliveries, container::fail);
                return new ShareReader(
                        settings,
                        topics,
                        () -> shareConsumer(settings),
                        (record, ended) -> {
                            ShareWork work = new ShareWork(delivering, record, ended);
                            work.resume();
                            return work;
                        },
                        container::isPauseRequested,
                        () -> tools.database().isOn() || tools.remote().isOn());
            });
        }

        private Workers workers(String suffix) {
            return new Workers(
                    stage.permits().ofUse(settings.concurrency()),
                    stage.threads().apply(settings.id() + suffix));
        }
    }
}
