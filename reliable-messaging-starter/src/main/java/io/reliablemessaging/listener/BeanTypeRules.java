package io.reliablemessaging.listener;

import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.handler.IllegalListenerException;
import io.reliablemessaging.settings.StartupRefusal;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.MethodIntrospector.MetadataLookup;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.kafka.annotation.DltHandler;
import org.springframework.kafka.annotation.RetryableTopic;
import org.springframework.kafka.listener.ConsumerSeekAware;
import org.springframework.util.ClassUtils;

/** Refuses classes of listeners with features of Spring Kafka that would have no effect on ours. */
final class BeanTypeRules {

    private BeanTypeRules() {}

    /**
     * Checks the class of a listener.
     *
     * @param type class of the bean; null if unknown
     * @throws IllegalListenerException if a part of it would never be called
     */
    static void require(Method listener, @Nullable Class<?> type) {
        Class<?> declared = ClassUtils.getUserClass(type == null ? listener.getDeclaringClass() : type);
        if (ConsumerSeekAware.class.isAssignableFrom(declared)) {
            throw IllegalListenerException.of(
                    listener,
                    "belongs to a class that is ConsumerSeekAware: it would get no callbacks of a consumer or a partition, and a seek"
                            + " would skip messages or deliver them twice",
                    "Remove ConsumerSeekAware, or move the method to another class. To handle messages again, use OutboxReplay"
                            + " or a new groupId; to skip a record, MessagingOperations.skip");
        }
        if (hasMethod(declared, DltHandler.class) && !isRetryable(declared)) {
            throw IllegalListenerException.of(
                    listener,
                    "belongs to a class with a @DltHandler method, which is never called: dead letters go to <topic>.<group>.dlt",
                    "Remove @DltHandler, and read that topic with a listener of its own, or use a MessagingObserver");
        }
    }

    /**
     * Checks that a class is not annotated itself.
     *
     * @throws StartupRefusal if it is
     */
    static void requireNoClassLevel(@Nullable Class<?> type) {
        if (type != null
                && AnnotatedElementUtils.hasAnnotation(ClassUtils.getUserClass(type), ReliableListener.class)) {
            throw classLevel(type);
        }
    }

    static StartupRefusal classLevel(Class<?> type) {
        return new StartupRefusal(
                "%s has a listener annotation on the class: which of its @KafkaHandler methods takes a message would depend on the message, and a message that cannot be read would belong to none of them"
                        .formatted(ClassUtils.getUserClass(type).getName()),
                "Put @%s on a single method, which may take a sealed type or a JsonNode and call the others"
                        .formatted(ReliableListener.class.getSimpleName()));
    }

    // its other methods may be listeners of Spring Kafka
    private static boolean isRetryable(Class<?> type) {
        return AnnotatedElementUtils.hasAnnotation(type, RetryableTopic.class) || hasMethod(type, RetryableTopic.class);
    }

    private static boolean hasMethod(Class<?> type, Class<? extends Annotation> annotation) {
        MetadataLookup<Boolean> annotated =
                method -> AnnotatedElementUtils.hasAnnotation(method, annotation) ? true : null;
        return !MethodIntrospector.selectMethods(type, annotated).isEmpty();
    }
}
