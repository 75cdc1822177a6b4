package io.reliablemessaging.publish;

import io.reliablemessaging.InvalidMessageException;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.ReliableEvent;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationListener;
import org.springframework.context.PayloadApplicationEvent;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.env.Environment;
import org.springframework.util.ReflectionUtils;
import org.springframework.util.StringUtils;

/** Publishes application events that are annotated with {@link ReliableEvent}. */
public final class ReliableEventListener implements ApplicationListener<PayloadApplicationEvent<?>> {

    private final Supplier<MessagePublisher> publisher;
    private final Environment environment;
    private final Map<Class<?>, Optional<ReliableEvent>> marks = new ConcurrentHashMap<>();

    ReliableEventListener(Supplier<MessagePublisher> publisher, Environment environment) {
        this.publisher = publisher;
        this.environment = environment;
    }

    @Override
    public void onApplicationEvent(PayloadApplicationEvent<?> wrapped) {
        Object event = wrapped.getPayload();
        marks.computeIfAbsent(event.getClass(), ReliableEventListener::markOf).ifPresent(mark -> publish(mark, event));
    }

    // another thread would have no transaction to publish in
    @Override
    public boolean supportsAsyncExecution() {
        return false;
    }

    private void publish(ReliableEvent mark, Object event) {
        publisher.get().publish(environment.resolveRequiredPlaceholders(mark.topic()), key(mark.key(), event), event);
    }

    private static Optional<ReliableEvent> markOf(Class<?> type) {
        return Optional.ofNullable(AnnotatedElementUtils.findMergedAnnotation(type, ReliableEvent.class));
    }

    private static @Nullable String key(String path, Object event) {
        if (path.isEmpty()) {
            return null;
        }
        Object value = event;
        for (String name : StringUtils.delimitedListToStringArray(path, ".")) {
            value = property(value, name, event, path);
            if (value == null) {
                throw new InvalidMessageException(
                        "Event %s was not published: its key %s is null, and without a key the message would lose its order. Set it, or"
                                        .formatted(event.getClass().getName(), path)
                                + " leave key out of its @ReliableEvent");
            }
        }
        return value.toString();
    }

    private static @Nullable Object property(Object owner, String name, Object event, String path) {
        Class<?> type = owner.getClass();
        Method method = ReflectionUtils.findMethod(type, name);
        if (method == null) {
            method = ReflectionUtils.findMethod(type, "get" + StringUtils.capitalize(name));
        }
        if (method == null) {
            throw new InvalidMessageException(
                    "@ReliableEvent on %s takes its key from %s, but %s has neither %s() nor get%s(). Correct the key in the annotation"
                            .formatted(
                                    event.getClass().getName(),
                                    path,
                                    type.getName(),
                                    name,
                                    StringUtils.capitalize(name)));
        }
        ReflectionUtils.makeAccessible(method);
        return ReflectionUtils.invokeMethod(method, owner);
    }
}
