package io.reliablemessaging.listener;

import io.reliablemessaging.handler.IllegalListenerException;
import java.lang.reflect.Method;
import java.util.Set;
import javax.sql.DataSource;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.core.env.Environment;

/**
 * Refuses to start an application whose {@code @ReliableListener} methods would never be called, because reliable messaging
 * is disabled or something is missing. Without it, Spring Kafka would fail for a bean that the application does not know, or
 * say nothing.
 */
final class UncalledListeners implements BeanFactoryPostProcessor {

    private static final String ENABLED = "reliable-messaging.enabled";

    private final Environment environment;

    UncalledListeners(Environment environment) {
        this.environment = environment;
    }

    @Override
    public void postProcessBeanFactory(ConfigurableListableBeanFactory beans) {
        if (beans.containsBean(ListenerAutoConfiguration.FACTORY)) {
            return;
        }
        for (String name : beans.getBeanDefinitionNames()) {
            Set<Method> listeners = ListenerBeans.listeners(beans, name);
            if (!listeners.isEmpty()) {
                throw refusal(listeners.iterator().next(), beans);
            }
        }
    }

    private IllegalListenerException refusal(Method listener, ConfigurableListableBeanFactory beans) {
        if (!environment.getProperty(ENABLED, Boolean.class, true)) {
            return IllegalListenerException.of(
                    listener,
                    "would never be called: '%s' is false".formatted(ENABLED),
                    "Set '%s=true', or define its bean only then: @ConditionalOnBooleanProperty(name = \"%s\", matchIfMissing = true)"
                            .formatted(ENABLED, ENABLED));
        }
        return IllegalListenerException.of(
                listener,
                "would never be called: reliable messaging is not set up, since %s".formatted(missing(beans)),
                "Add what is missing, or remove the listener");
    }

    private static String missing(ConfigurableListableBeanFactory beans) {
        if (beans.getBeanNamesForType(KafkaConnectionDetails.class, true, false).length == 0) {
            return "Spring Boot's auto-configuration of Kafka is not active";
        }
        if (beans.getBeanNamesForType(DataSource.class, true, false).length == 0) {
            return "there is no DataSource";
        }
        return "its tables cannot be made: Flyway is missing, or no single DataSource is theirs";
    }
}
