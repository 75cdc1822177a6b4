package io.reliablemessaging.handler;

import io.reliablemessaging.IncomingMessage;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.security.Principal;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.core.MethodParameter;
import org.springframework.core.ResolvableType;
import org.springframework.kafka.listener.adapter.ConsumerRecordMetadata;
import org.springframework.kafka.support.Acknowledgment;
import org.springframework.kafka.support.ShareAcknowledgment;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.handler.annotation.DestinationVariable;
import org.springframework.messaging.handler.annotation.Payload;
import org.springframework.messaging.support.MessageHeaderAccessor;

/** Refuses parameters that other Spring listeners may have and ours cannot, and says what to write instead. */
final class RefusedParameters {

    private static final String COMMITTED =
            "Remove it: the offset is committed after the transaction, and an exception asks for another attempt";
    private static final String OWNED = "Remove it: the consumer belongs to the listener, and polls on another thread";
    private static final String WHOLE_RECORD = "Take a ConsumerRecord or an IncomingMessage";
    private static final String ONE =
            "The method is called with one message at a time, whatever the transaction mode: take ";

    private static final Map<Class<?>, String> NEVER = new LinkedHashMap<>();

    private static final Map<Class<? extends Annotation>, String> ANNOTATIONS = Map.of(
            DestinationVariable.class, "Take @Header(KafkaHeaders.RECEIVED_TOPIC) String",
            Value.class, "Let Spring inject it into the bean, not into the method",
            Autowired.class, "Let Spring inject it into the bean, not into the method",
            Qualifier.class, "Let Spring inject it into the bean, not into the method");

    /** Types around or beside a payload, which cannot be a payload themselves. */
    private static final Set<Class<?>> AROUND_PAYLOADS = Set.of(
            IncomingMessage.class,
            Message.class,
            ConsumerRecord.class,
            Optional.class,
            MessageHeaders.class,
            MessageHeaderAccessor.class);

    private static final Set<Class<?>> LISTS = Set.of(List.class, Collection.class, Iterable.class);

    static {
        NEVER.put(Acknowledgment.class, COMMITTED);
        NEVER.put(ShareAcknowledgment.class, COMMITTED);
        NEVER.put(Consumer.class, OWNED);
        NEVER.put(ShareConsumer.class, OWNED);
        NEVER.put(ConsumerRecords.class, ONE + "a ConsumerRecord");
        NEVER.put(ConsumerRecordMetadata.class, WHOLE_RECORD);
        NEVER.put(TopicPartition.class, WHOLE_RECORD);
        NEVER.put(Headers.class, WHOLE_RECORD + ", or @Headers Map<String, Object>");
        NEVER.put(Header.class, "Take @Header(\"name\") byte[]");
        NEVER.put(Principal.class, "Kafka does not tell the sender of a record; let the sender write it into a header");
    }

    private RefusedParameters() {}

    /**
     * Checks that a parameter can be the payload or a type around it.
     *
     * @throws IllegalListenerException if not
     */
    static void check(MethodParameter parameter, ResolvableType type) {
        Method method = HandlerRules.methodOf(parameter);
        ANNOTATIONS.forEach((annotation, wayOut) -> {
            if (parameter.hasParameterAnnotation(annotation)) {
                throw HandlerRules.illegal(
                        method,
                        "has a parameter with @%s, which no message gives a value"
                                .formatted(annotation.getSimpleName()),
                        wayOut);
            }
        });
        requirePossible(method, type);
        if (isListOfMessages(type)) {
            throw HandlerRules.illegal(
                    method, "takes %s".formatted(HandlerRules.nameOf(parameter)), ONE + "one of them");
        }
        if (LISTS.contains(type.toClass()) && !parameter.hasParameterAnnotation(Payload.class)) {
            throw HandlerRules.illegal(
                    method,
                    "takes %s".formatted(HandlerRules.nameOf(parameter)),
                    ONE + "one element; or write @Payload before it, if each payload is a list");
        }
    }

    /**
     * Checks that bytes can be converted to a payload's type.
     *
     * @throws IllegalListenerException if not
     */
    static void checkPayload(Method method, ResolvableType type) {
        requirePossible(method, type);
        boolean around = AROUND_PAYLOADS.stream().anyMatch(each -> each.isAssignableFrom(type.toClass()));
        if (around || isListOfMessages(type)) {
            throw HandlerRules.illegal(
                    method,
                    "takes a payload that is %s, which no bytes can be converted to".formatted(type),
                    "Name the payload's own type: IncomingMessage<OrderPlaced>, Optional<OrderPlaced>, ConsumerRecord<String, OrderPlaced>");
        }
    }

    private static void requirePossible(Method method, ResolvableType type) {
        NEVER.forEach((never, wayOut) -> {
            if (never.isAssignableFrom(type.toClass())) {
                throw HandlerRules.illegal(method, "takes %s".formatted(type), wayOut);
            }
        });
    }

    private static boolean isListOfMessages(ResolvableType type) {
        Class<?> raw = type.toClass();
        ResolvableType element = type.isArray()
                ? type.getComponentType()
                : Iterable.class.isAssignableFrom(raw) ? type.as(Iterable.class).getGeneric() : ResolvableType.NONE;
        return AROUND_PAYLOADS.stream().anyMatch(each -> each.isAssignableFrom(element.toClass()));
    }
}
