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
 * Names our containers by method and group: Spring Kafka's own numbers follow the order in which beans happen to be made.
 * Leaves the host's listeners alone.
 */
final class StableListenerIds implements AnnotationEnhancer {

    @Override
    public Map<String, Object> apply(Map<String, Object> attributes, AnnotatedElement element) {
        ReliableListener ours = AnnotatedElementUtils.findMergedAnnotation(element, ReliableListener.class);
        if (ours == null || !(element instanceof Method method)) {
            return attributes;
        }
        Map<String, Object> named = new HashMap<>(attributes);
        // a listener may be renamed, its group may not: an empty placeholder must not become the id
        named.put("idIsGroup", false);
        if (ours.id().isEmpty()) {
            named.put("id", id(method, ours));
        }
        return named;
    }

    /** Id of a method's listener, as it will be known. */
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
