package io.reliablemessaging.listener;

import static java.util.Map.entry;

import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.handler.IllegalListenerException;
import io.reliablemessaging.listener.Fate.Named;
import io.reliablemessaging.listener.Fate.Refused;
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
 * Decides what becomes of each attribute of {@code @KafkaListener}. {@code @ReliableListener} is composed of it, and an
 * annotation that an application composes of ours may set them all.
 */
final class KafkaListenerAttributes {

    /** A test fails if Spring Kafka has an attribute that is not here. */
    static final Map<String, Fate> FATES = Map.ofEntries(
            entry("id", Fate.honoured()),
            entry("topics", Fate.honoured()),
            entry("groupId", Fate.honoured()),
            entry("autoStartup", Fate.honoured()),
            entry("clientIdPrefix", Fate.honoured()),
            entry("containerGroup", Fate.honoured()),
            entry("beanRef", Fate.honoured()),
            entry("idIsGroup", Fate.honoured()), // groupId must be given, and comes first
            entry("info", Fate.named("only the container in the registry tells it; records have no header with it")),
            entry("splitIterables", Fate.named("nothing is sent of what the method returns")),
            entry(
                    "containerFactory",
                    Fate.refused(
                            "would be called by a container without inbox, transaction and dead letters",
                            "Remove containerFactory, or write @KafkaListener if that is what you want")),
            entry(
                    "topicPattern",
                    Fate.refused(
                            "would not know its topics by name, and parked messages, dead letters and checks of topics are found by it",
                            "Name the topics: topics = {\"orders\", \"returns\"}, or a placeholder with a list")),
            entry(
                    "topicPartitions",
                    Fate.refused(
                            "would keep partitions that Kafka could not give to another instance when this one dies",
                            "Name the topics; Kafka assigns their partitions to the instances of the group")),
            entry(
                    "errorHandler",
                    Fate.refused(
                            "would commit what has failed: whoever catches the exception hides it from the transaction",
                            "Remove errorHandler; catch in the method what you expect. Whatever leaves it is retried and then"
                                    + " a dead letter, which a MessagingObserver is told of")),
            entry(
                    "filter",
                    Fate.refused(
                            "has a filter, which nobody would ask",
                            "Return at once from the method for messages that it has no use for")),
            entry(
                    "batch",
                    Fate.refused(
                            "would take a list of messages, of which one may fail without the others",
                            "Take one message, and set transaction = TransactionMode.BATCH to handle up to a hundred in one"
                                    + " transaction")),
            entry(
                    "contentTypeConverter",
                    Fate.refused(
                            "has a converter, which nobody would ask",
                            "Configure spring.kafka.consumer.value-deserializer or the JsonMapper, which read payloads; or take"
                                    + " byte[] and read it in the method")),
            entry(
                    "containerPostProcessor",
                    Fate.refused(
                            "would have a container set up that reads nothing: records come another way",
                            "Use the attributes of @ReliableListener and reliable-messaging.listeners.<id>")),
            entry(
                    "concurrency",
                    Fate.refused(
                            "would have a number of consumers, but has one that hands out messages",
                            "Set concurrency of @ReliableListener, or reliable-messaging.listeners.<id>.concurrency: how many"
                                    + " messages are handled at once")),
            entry(
                    "properties",
                    Fate.refused(
                            "would have consumer properties of its own, which could lose or repeat messages",
                            "Set spring.kafka.consumer for all listeners: docs/listeners.md says which properties reach them")),
            entry(
                    "ackMode",
                    Fate.refused(
                            "would commit offsets at another time than after the transaction of their messages",
                            "Remove ackMode")));

    // said by ourselves, or the same as not said
    private static final Map<String, String> NOTHING_SAID =
            Map.of("containerFactory", ListenerAutoConfiguration.FACTORY, "batch", "false");

    private KafkaListenerAttributes() {}

    /**
     * Lets a listener pass that Spring Kafka would hand to us, and whose attributes we can keep.
     *
     * @throws IllegalListenerException if not
     */
    static void require(Method method, ConfigurableListableBeanFactory beans) {
        requireOurs(method);
        said(method, beans).forEach((name, fate) -> {
            if (fate instanceof Refused refused) {
                throw IllegalListenerException.of(
                        method, "sets %s of @KafkaListener: it %s".formatted(name, refused.reason()), refused.wayOut());
            }
        });
    }

    /** What a listener says in vain, each with what holds instead. */
    static List<String> inVain(Method method, ConfigurableListableBeanFactory beans) {
        List<String> inVain = new ArrayList<>();
        said(method, beans).forEach((name, fate) -> {
            if (fate instanceof Named named) {
                inVain.add("%s (%s)".formatted(name, named.instead()));
            }
        });
        if (method.getReturnType() != void.class) {
            inVain.add("the value that it returns (nobody sends it; publish an answer with MessagePublisher)");
        }
        return inVain;
    }

    // Spring Kafka uses the nearest annotation, and all in a @KafkaListeners
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

    private static Map<String, Fate> said(Method method, ConfigurableListableBeanFactory beans) {
        MergedAnnotation<KafkaListener> annotation =
                MergedAnnotations.from(method, SearchStrategy.TYPE_HIERARCHY).get(KafkaListener.class);
        Map<String, Fate> said = new TreeMap<>();
        FATES.forEach((name, fate) -> {
            if (!annotation.hasDefaultValue(name)
                    && !isNothing(name, annotation.getValue(name).orElse(""), beans)) {
                said.put(name, fate);
            }
        });
        return said;
    }

    private static boolean isNothing(String name, Object value, ConfigurableListableBeanFactory beans) {
        Object resolved = value instanceof String text ? beans.resolveEmbeddedValue(text) : value;
        return ObjectUtils.isEmpty(resolved) || resolved.equals(NOTHING_SAID.get(name));
    }
}
