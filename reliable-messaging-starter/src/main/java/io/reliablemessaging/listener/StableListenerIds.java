package io.reliablemessaging.listener;

import io.reliablemessaging.ReliableListener;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.Map;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.kafka.annotation.KafkaListenerAnnotationBeanPostProcessor.AnnotationEnhancer;

/**
 * Gives our containers ids of method and group: Spring Kafka's own numbers depend on the order in which beans are created.
 * Does not change the host's listeners.
 */
final class StableListenerIds implements AnnotationEnhancer {

    @Override
    public Map<String, Object> apply(Map<String, Object> attributes, AnnotatedElement element) {
        ReliableListener ours = AnnotatedElementUtils.findMergedAnnotation(element, ReliableListener.class);
        if (ours == null || !(element instanceof Method method)) {
            return attributes;
        }
        Map<String, Object> named = new HashMap<>(attributes);
        // a listener may be renamed, its group may not: so the id never becomes the group
        named.put("idIsGroup", false);
        if (ours.id().isEmpty()) {
            named.put("id", id(method, ours));
        }
        return named;
    }

    /** Returns the id of a method's listener. */
    static String id(Method method, ConfigurableListableBeanFactory beans) {
        ReliableListener ours = AnnotatedElementUtils.findMergedAnnotation(method, ReliableListener.class);
        String id = ours == null ? "" : ours.id().isEmpty() ? id(method, ours) : ours.id();
        String resolved = beans.resolveEmbeddedValue(id);
        return resolved == null ? id : resolved;
    }

    private static String id(Method method, ReliableListener ours) {
        return "%s.%s@%s".formatted(method.getDeclaringClass().getSimpleName(), method.getName(), ours.groupId());
    }
}
