package io.reliablemessaging.listener;

import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.handler.IllegalListenerException;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.scope.ScopedProxyUtils;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.util.ClassUtils;

/**
 * Requires that each bean with {@code @ReliableListener} methods is a singleton, and has it created at start-up. Spring
 * Kafka registers a listener whenever it sees a new bean: a bean per request or per injection point would never listen, or
 * would register again during a request; a lazy bean would not listen before something needs it.
 */
final class ListenerBeans implements BeanFactoryPostProcessor {

    @Override
    public void postProcessBeanFactory(ConfigurableListableBeanFactory beans) {
        Map<String, Found> byId = new HashMap<>();
        for (String name : beans.getBeanDefinitionNames()) {
            BeanTypeRules.requireNoClassLevel(type(beans, name));
            for (Method method : listeners(beans, name)) {
                KafkaListenerAttributes.require(method, beans);
                BeanTypeRules.require(method, type(beans, name));
                requireSingleton(beans, name, method);
                requireOwnId(byId, new Found(name, method), StableListenerIds.id(method, beans));
            }
        }
    }

    private record Found(String bean, Method method) {}

    /** Finds the methods of a bean that are listeners. */
    static Set<Method> listeners(ConfigurableListableBeanFactory beans, String name) {
        Class<?> type = type(beans, name);
        if (type == null || !AnnotationUtils.isCandidateClass(type, ReliableListener.class)) {
            return Set.of();
        }
        return MethodIntrospector.selectMethods(
                        ClassUtils.getUserClass(type), (MethodIntrospector.MetadataLookup<ReliableListener>)
                                method -> AnnotatedElementUtils.findMergedAnnotation(method, ReliableListener.class))
                .keySet();
    }

    private static @Nullable Class<?> type(ConfigurableListableBeanFactory beans, String name) {
        return beans.getBeanDefinition(name).isAbstract() ? null : beans.getType(name, false);
    }

    private static void requireSingleton(ConfigurableListableBeanFactory beans, String name, Method method) {
        BeanDefinition bean = beans.getMergedBeanDefinition(name);
        if (!bean.isSingleton()) {
            throw IllegalListenerException.of(
                    method,
                    "belongs to bean '%s' of scope '%s': it would listen once for each such bean, or never"
                            .formatted(
                                    ScopedProxyUtils.isScopedTarget(name)
                                            ? ScopedProxyUtils.getOriginalBeanName(name)
                                            : name,
                                    Objects.requireNonNullElse(bean.getScope(), "")),
                    "Put it on a singleton, and let that get the other bean for each message, with an ObjectProvider");
        }
        // also if the host has made it lazy: without the bean, no message is lost, but none is handled
        beans.getBeanDefinition(name).setLazyInit(false);
    }

    private static void requireOwnId(Map<String, Found> byId, Found found, String id) {
        Found other = byId.putIfAbsent(id, found);
        if (other != null) {
            throw IllegalListenerException.of(
                    found.method(),
                    "of bean '%s' has listener id '%s', and so has %s of bean '%s'"
                            .formatted(found.bean(), id, other.method(), other.bean()),
                    "Give one of them another id, and another groupId if both listen to the same topic; if it is the"
                            + " same method of two beans, define one bean");
        }
    }
}
