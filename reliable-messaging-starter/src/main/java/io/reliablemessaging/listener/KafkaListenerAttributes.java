package io.reliablemessaging.listener;

import static java.util.Map.entry;

import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.handler.IllegalListenerException;
import io.reliablemessaging.listener.HostSettingFate.Ignored;
import io.reliablemessaging.listener.HostSettingFate.Refused;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.util.ObjectUtils;

/**
 * Decides what happens to each attribute of {@code @KafkaListener}. {@code @ReliableListener} is meta-annotated with it, and
 * an application's annotation that is meta-annotated with ours may set all attributes.
 */
final class KafkaListenerAttributes {

    /** The fate of each attribute. A test fails if Spring Kafka has an attribute that is not here. */
    static final Map<String, HostSettingFate> FATES = Map.ofEntries(
            entry("id", HostSettingFate.honoured()),
            entry("topics", HostSettingFate.honoured()),
            entry("groupId", HostSettingFate.honoured()),
            entry("autoStartup", HostSettingFate.honoured()),
            entry("clientIdPrefix", HostSettingFate.honoured()),
            entry("containerGroup", HostSettingFate.honoured()),
            entry("beanRef", HostSettingFate.honoured()),
            entry("idIsGroup", HostSettingFate.honoured()), // groupId must be given, and comes first
            entry(
                    "info",
                    HostSettingFate.ignored(
                            "only the container in the registry tells it; records have no header with it")),
            entry("splitIterables", HostSettingFate.ignored("nothing is sent of what the method returns")),
            entry(
                    "containerFactory",
                    HostSettingFate.refused(
                            "would be called by a container without inbox, transaction and dead letters",
                            "Remove containerFactory, or write @KafkaListener if that is what you want")),
            entry(
                    "topicPattern",
                    HostSettingFate.refused(
                            "would not know its topics by name, and parked messages, dead letters and checks of topics are found by it",
                            "Name the topics: topics = {\"orders\", \"returns\"}, or a placeholder with a list")),
            entry(
                    "topicPartitions",
                    HostSettingFate.refused(
                            "would keep partitions that Kafka could not give to another instance when this one crashes",
                            "Name the topics; Kafka assigns their partitions to the instances of the group")),
            entry(
                    "errorHandler",
                    HostSettingFate.refused(
                            "would commit what has failed: a handler of the exception hides it from the transaction",
                            "Remove errorHandler; catch in the method what you expect. An exception that leaves it leads to retries and then"
                                    + " to a dead letter; a MessagingObserver gets both")),
            entry(
                    "filter",
                    HostSettingFate.refused(
                            "has a filter, which is never called",
                            "Return at once from the method for messages that it has no use for")),
            entry(
                    "batch",
                    HostSettingFate.refused(
                            "would take a list of messages, of which one may fail without the others",
                            "Take one message, and set transaction = TransactionMode.BATCH to handle up to a hundred in one"
                                    + " transaction")),
            entry(
                    "contentTypeConverter",
                    HostSettingFate.refused(
                            "has a converter, which is never called",
                            "Configure spring.kafka.consumer.value-deserializer or the JsonMapper, which read payloads; or take"
                                    + " byte[] and read it in the method")),
            entry(
                    "containerPostProcessor",
                    HostSettingFate.refused(
                            "would have a container set up that reads nothing: records come another way",
                            "Use the attributes of @ReliableListener and reliable-messaging.listeners.<id>")),
            entry(
                    "concurrency",
                    HostSettingFate.refused(
                            "would have a number of consumers, but has one that hands out messages",
                            "Set concurrency of @ReliableListener, or reliable-messaging.listeners.<id>.concurrency: how many"
                                    + " messages are handled at once")),
            entry(
                    "properties",
                    HostSettingFate.refused(
                            "would have consumer properties of its own, which could lose or repeat messages",
                            "Set spring.kafka.consumer for all listeners: docs/listeners.md says which properties reach them")),
            entry(
                    "ackMode",
                    HostSettingFate.refused(
                            "would commit offsets at another time than after the transaction of their messages",
                            "Remove ackMode")));

    // set by ourselves, or the same as the default
    private static final Map<String, String> SAME_AS_UNSET =
            Map.of("containerFactory", ListenerAutoConfiguration.FACTORY, "batch", "false");

    private KafkaListenerAttributes() {}

    /**
     * Checks that Spring Kafka will hand a listener to us, and that we can honour its attributes.
     *
     * @throws IllegalListenerException if not
     */
    static void require(Method method, ConfigurableListableBeanFactory beans) {
        requireOurs(method);
        explicit(method, beans).forEach((name, fate) -> {
            if (fate instanceof Refused refused) {
                throw IllegalListenerException.of(
                        method, "sets %s of @KafkaListener: it %s".formatted(name, refused.reason()), refused.wayOut());
            }
        });
    }

    /** Returns the settings of a listener that have no effect, each with what applies instead. */
    static List<String> ignored(Method method, ConfigurableListableBeanFactory beans) {
        List<String> ignored = new ArrayList<>();
        explicit(method, beans).forEach((name, fate) -> {
            if (fate instanceof Ignored named) {
                ignored.add("%s (%s)".formatted(name, named.instead()));
            }
        });
        if (method.getReturnType() != void.class) {
            ignored.add("the value that it returns (it is not sent; publish an answer with MessagePublisher)");
        }
        return ignored;
    }

    // Spring Kafka uses the nearest annotation, and all those in @KafkaListeners
    private static void requireOurs(Method method) {
        MergedAnnotations all = MergedAnnotations.from(method, SearchStrategy.TYPE_HIERARCHY);
        int nearest = all.get(KafkaListener.class).getAggregateIndex();
        List<MergedAnnotation<KafkaListener>> there = all.stream(KafkaListener.class)
                .filter(each -> each.getAggregateIndex() == nearest)
                .toList();
        if (there.size() != 1 || !there.get(0).getMetaTypes().contains(ReliableListener.class)) {
            throw IllegalListenerException.of(
                    method,
                    "has another listener annotation beside it: Spring Kafka would use one of them, or call the method without"
                            + " inbox and transaction",
                    "Keep one. For more topics, name them in topics; for another group, write a second method");
        }
    }

    private static Map<String, HostSettingFate> explicit(Method method, ConfigurableListableBeanFactory beans) {
        MergedAnnotation<KafkaListener> annotation =
                MergedAnnotations.from(method, SearchStrategy.TYPE_HIERARCHY).get(KafkaListener.class);
        Map<String, HostSettingFate> explicit = new TreeMap<>();
        FATES.forEach((name, fate) -> {
            if (!annotation.hasDefaultValue(name)
                    && !isUnset(name, annotation.getValue(name).orElse(""), beans)) {
                explicit.put(name, fate);
            }
        });
        return explicit;
    }

    private static boolean isUnset(String name, Object value, ConfigurableListableBeanFactory beans) {
        Object resolved = value instanceof String text ? beans.resolveEmbeddedValue(text) : value;
        return ObjectUtils.isEmpty(resolved) || resolved.equals(SAME_AS_UNSET.get(name));
    }
}
