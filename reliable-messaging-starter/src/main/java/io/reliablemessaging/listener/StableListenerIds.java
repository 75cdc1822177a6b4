package io.reliablemessaging.listener;

import io.reliablemessaging.ReliableListener;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.Map;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.kafka.annotation.KafkaListenerAnnotationBeanPostProcessor.AnnotationEnhancer;

/**
 * Names our containers by method and group: Spring Kafka's own numbers follow the order in which beans happen to be made.
 * Leaves the host's listeners alone.
 */
final class StableListenerIds implements AnnotationEnhancer {

    @Override
    public Map<String, Object> apply(Map<String, Object> attributes, AnnotatedElement element) {
        ReliableListener ours = AnnotatedElementUtils.findMergedAnnotation(element, ReliableListener.class);
        if (ours == null || !ours.id().isEmpty() || !(element instanceof Method method)) {
            return attributes;
        }
        Map<String, Object> named = new HashMap<>(attributes);
        named.put(
                "id",
                "%s.%s@%s".formatted(method.getDeclaringClass().getSimpleName(), method.getName(), ours.groupId()));
        return named;
    }
}
