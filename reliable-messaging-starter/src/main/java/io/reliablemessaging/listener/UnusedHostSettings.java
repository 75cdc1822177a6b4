package io.reliablemessaging.listener;

import static java.util.Map.entry;

import io.reliablemessaging.text.ReadableLogger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.slf4j.Logger;
import org.springframework.beans.factory.annotation.AnnotatedBeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.kafka.autoconfigure.DefaultKafkaConsumerFactoryCustomizer;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties.Listener;
import org.springframework.core.ResolvableType;
import org.springframework.core.type.MethodMetadata;
import org.springframework.kafka.config.ContainerCustomizer;
import org.springframework.kafka.listener.AfterRollbackProcessor;
import org.springframework.kafka.listener.BatchInterceptor;
import org.springframework.kafka.listener.CommonErrorHandler;
import org.springframework.kafka.listener.ConsumerAwareRebalanceListener;
import org.springframework.kafka.listener.ConsumerRecordRecoverer;
import org.springframework.kafka.listener.MessageListenerContainer;
import org.springframework.kafka.listener.RecordInterceptor;
import org.springframework.kafka.listener.adapter.RecordFilterStrategy;
import org.springframework.kafka.support.converter.BatchMessageConverter;
import org.springframework.kafka.support.converter.RecordMessageConverter;
import org.springframework.kafka.support.micrometer.KafkaListenerObservationConvention;

/**
 * Logs once the settings of the host for listeners of Spring Kafka that our listeners do not use, with what applies instead:
 * properties of consumers and containers, and beans that Boot passes to its own containers.
 */
final class UnusedHostSettings {

    private static final Logger log = ReadableLogger.of(UnusedHostSettings.class);

    private static final String BOOT = "org.springframework.boot.";

    private static final String OFFSETS = "offsets are committed after the transactions of their messages";
    private static final String NO_EVENTS = "the endpoint reliablemessaging, health and metrics tell how listeners are";
    private static final String FAILURES =
            "a failure is retried and then a dead letter, as reliable-messaging.listener says";
    private static final String PAYLOADS =
            "payloads are read by spring.kafka.consumer.value-deserializer or the JsonMapper";
    private static final String OBSERVER = "a MessagingObserver is told of messages";
    private static final String OWN_CONSUMERS = "listeners make their consumers from the properties";

    /** Properties below {@code spring.kafka.listener} that our listeners use, too. */
    static final Set<String> USED = Set.of("auto-startup", "client-id");

    /**
     * A property below {@code spring.kafka.listener} that our listeners do not use.
     *
     * @param value reads it
     * @param instead what applies instead
     */
    record Unused(Function<Listener, Object> value, String instead) {}

    /** The unused properties. A test fails if Boot has a property that is neither here nor in {@link #USED}. */
    static final Map<String, Unused> UNUSED = Map.ofEntries(
            entry("ack-count", new Unused(Listener::getAckCount, OFFSETS)),
            entry("ack-mode", new Unused(Listener::getAckMode, OFFSETS)),
            entry("ack-time", new Unused(Listener::getAckTime, OFFSETS)),
            entry("async-acks", new Unused(Listener::getAsyncAcks, OFFSETS)),
            entry(
                    "auth-exception-retry-interval",
                    new Unused(Listener::getAuthExceptionRetryInterval, "a listener tries again until it may read")),
            entry(
                    "change-consumer-thread-name",
                    new Unused(Listener::getChangeConsumerThreadName, "names of threads begin with rm-")),
            entry("concurrency", new Unused(Listener::getConcurrency, "reliable-messaging.listener.concurrency")),
            entry("idle-between-polls", new Unused(Listener::getIdleBetweenPolls, "records are read as they come")),
            entry("idle-event-interval", new Unused(Listener::getIdleEventInterval, NO_EVENTS)),
            entry("idle-partition-event-interval", new Unused(Listener::getIdlePartitionEventInterval, NO_EVENTS)),
            entry(
                    "immediate-stop",
                    new Unused(Listener::isImmediateStop, "reliable-messaging.listener.hand-over-timeout")),
            entry(
                    "log-container-config",
                    new Unused(
                            Listener::getLogContainerConfig, "a line of each listener when the application is ready")),
            entry("missing-topics-fatal", new Unused(Listener::isMissingTopicsFatal, "a listener waits for its topic")),
            entry("monitor-interval", new Unused(Listener::getMonitorInterval, NO_EVENTS)),
            entry("no-poll-threshold", new Unused(Listener::getNoPollThreshold, NO_EVENTS)),
            entry(
                    "observation-enabled",
                    new Unused(Listener::isObservationEnabled, "messages are traced if the application has tracing")),
            entry("poll-timeout", new Unused(Listener::getPollTimeout, "records are read as they come")),
            entry("type", new Unused(Listener::getType, "reliable-messaging.listener.transaction")));

    /** Beans that Boot passes to its own containers and their consumers. */
    static final Map<ResolvableType, String> BEANS = Map.ofEntries(
            bean(CommonErrorHandler.class, FAILURES),
            bean(AfterRollbackProcessor.class, FAILURES),
            bean(ConsumerRecordRecoverer.class, FAILURES),
            bean(RecordInterceptor.class, OBSERVER),
            bean(BatchInterceptor.class, OBSERVER),
            bean(RecordMessageConverter.class, PAYLOADS),
            bean(BatchMessageConverter.class, PAYLOADS),
            bean(RecordFilterStrategy.class, "every message reaches its method, which may return at once"),
            bean(ConsumerAwareRebalanceListener.class, NO_EVENTS),
            bean(ContainerCustomizer.class, "reliable-messaging.listener and .listeners.<id>"),
            bean(DefaultKafkaConsumerFactoryCustomizer.class, OWN_CONSUMERS),
            bean(KafkaListenerObservationConvention.class, "messages are traced under names of their own"),
            entry(
                    ResolvableType.forClassWithGenerics(Function.class, MessageListenerContainer.class, String.class),
                    "names of threads begin with rm-"));

    private final Map<String, String> settings = new TreeMap<>();

    private UnusedHostSettings() {}

    private static Map.Entry<ResolvableType, String> bean(Class<?> type, String instead) {
        return entry(ResolvableType.forClass(type), instead);
    }

    /** Finds those that the host has set to another value than Boot's default. */
    static UnusedHostSettings find(
            ConsumerConfiguration consumer, Listener listener, ConfigurableListableBeanFactory beans) {
        UnusedHostSettings unused = new UnusedHostSettings();
        Listener unset = new Listener();
        consumer.leftOut()
                .forEach(name -> unused.settings.put(
                        name,
                        Objects.requireNonNullElse(ConsumerConfiguration.INSTEAD.get(name), "Kafka's own default")));
        UNUSED.forEach((name, each) -> {
            if (!Objects.equals(each.value().apply(listener), each.value().apply(unset))) {
                unused.settings.put("spring.kafka.listener." + name, each.instead());
            }
        });
        BEANS.forEach((type, instead) -> {
            for (String name : beans.getBeanNamesForType(type, true, false)) {
                if (!isBoots(name, beans)) {
                    unused.settings.put(
                            "bean '%s' (%s)".formatted(name, type.toClass().getSimpleName()), instead);
                }
            }
        });
        return unused;
    }

    // Boot has a bean of its own, for the metrics of consumers
    private static boolean isBoots(String bean, ConfigurableListableBeanFactory beans) {
        if (beans.containsBeanDefinition(bean)
                && beans.getBeanDefinition(bean) instanceof AnnotatedBeanDefinition definition) {
            MethodMetadata method = definition.getFactoryMethodMetadata();
            return method != null && method.getDeclaringClassName().startsWith(BOOT);
        }
        return false;
    }

    /** Logs them in one line, without values. */
    void logUnused() {
        List<String> texts = new ArrayList<>();
        settings.forEach((name, instead) -> texts.add("%s: %s".formatted(name, instead)));
        if (!texts.isEmpty()) {
            log.info(
                    "@ReliableListener methods do not use these settings, which still apply to your other listeners and"
                            + " consumers. What applies to @ReliableListener methods instead: {}",
                    String.join("; ", texts));
        }
    }
}
