package io.reliablemessaging.handler;

import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.ReliableListener;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.util.ClassUtils;

/**
 * Refuses methods whose work would not be done exactly once when the call returns, because the transaction around the call
 * is committed then. Annotations count wherever Spring finds them: on the method and its class, on what these override or
 * implement, and inside other annotations. Annotations of optional libraries are known by name.
 */
public final class HandlerRules {

    private static final String SHAPE =
            "Let it be void and not private, and take the payload or what is around it (%s, ConsumerRecord, Message, Optional), and headers by @Header or @Headers"
                    .formatted(IncomingMessage.class.getSimpleName());

    private static final Set<String> ASYNCHRONOUS = Set.of(
            "org.springframework.scheduling.annotation.Async",
            "jakarta.ejb.Asynchronous",
            "jakarta.enterprise.concurrent.Asynchronous");

    private static final Set<String> RETRYING = Set.of(
            "org.springframework.resilience.annotation.Retryable",
            "org.springframework.retry.annotation.Retryable",
            "io.github.resilience4j.retry.annotation.Retry");

    private static final String REPLYING = "org.springframework.messaging.handler.annotation.SendTo";

    private static final Set<String> LATER = Set.of(
            Future.class.getName(),
            CompletionStage.class.getName(),
            Flow.Publisher.class.getName(),
            "org.reactivestreams.Publisher",
            "kotlinx.coroutines.Job",
            "kotlinx.coroutines.flow.Flow");

    private static final String SUSPENDING = "kotlin.coroutines.Continuation";

    private HandlerRules() {}

    /**
     * Checks that a method can be a handler.
     *
     * @param type the class of the bean, which may inherit the method
     * @param proxy the generated subclass that calls go through, if they do
     * @throws IllegalListenerException if its work could not be part of our transaction
     */
    static void check(Method method, Class<?> type, @Nullable Class<?> proxy) {
        if (method.getParameterCount() == 0) {
            throw illegal(method, "takes nothing", SHAPE);
        }
        if (Modifier.isPrivate(method.getModifiers())) {
            throw illegal(method, "is private: a proxy would run it on an object without dependencies", SHAPE);
        }
        if (proxy != null) {
            requireOverridden(method, proxy);
        }
        requireDoneOnReturn(method, type);
        found(method, type, RETRYING).ifPresent(name -> {
            throw illegal(
                    method,
                    "is @%s: it would run again inside the same transaction, which still holds the effects of the run that failed"
                            .formatted(ClassUtils.getShortName(name)),
                    "Leave retries to the listener (reliable-messaging.listener.max-attempts), or put the annotation on a"
                            + " method of another bean that does no database work");
        });
        found(method, type, Set.of(REPLYING)).ifPresent(name -> {
            throw illegal(
                    method,
                    "is @SendTo: its return value is not sent",
                    "Make it void, and publish the answer with MessagePublisher");
        });
    }

    // a method that the proxy does not override runs on the proxy itself, whose fields are null
    private static void requireOverridden(Method method, Class<?> proxy) {
        int modifiers = method.getModifiers();
        if (Modifier.isStatic(modifiers)
                || Stream.of(proxy.getDeclaredMethods()).anyMatch(each -> isOverride(each, method))) {
            return;
        }
        if (Modifier.isFinal(modifiers)) {
            throw illegal(
                    method,
                    "is final, and its bean has a proxy, which would run it on an object without dependencies",
                    "Remove the final; in Kotlin, write open before the function and its class, or use the plugin"
                            + " kotlin-spring");
        }
        throw illegal(
                method,
                "cannot be overridden by the proxy of its bean (%s), which would run it on an object without dependencies"
                        .formatted(proxy.getName()),
                "Make it public or protected: it is package-private in another package, or of another class loader");
    }

    private static boolean isOverride(Method candidate, Method method) {
        return candidate.getName().equals(method.getName())
                && Arrays.equals(candidate.getParameterTypes(), method.getParameterTypes());
    }

    private static void requireDoneOnReturn(Method method, Class<?> type) {
        Class<?> returned = method.getReturnType();
        if (ReactiveAdapterRegistry.getSharedInstance().getAdapter(returned) != null
                || namesOf(returned).anyMatch(LATER::contains)) {
            throw illegal(
                    method,
                    "returns %s: its work would go on after the transaction is over".formatted(returned.getName()),
                    SHAPE);
        }
        if (Stream.of(method.getParameterTypes())
                .anyMatch(each -> each.getName().equals(SUSPENDING))) {
            throw illegal(
                    method,
                    "is a suspend function: its work would go on after the transaction is over",
                    "Remove the suspend, and wait for suspending calls with runBlocking");
        }
        found(method, type, ASYNCHRONOUS).ifPresent(name -> {
            throw illegal(
                    method,
                    "is @%s, by itself or by its class: its work would go on after the transaction is over"
                            .formatted(ClassUtils.getShortName(name)),
                    "Remove the annotation; the listener runs up to reliable-messaging.listener.concurrency messages at once");
        });
    }

    private static Optional<String> found(Method method, Class<?> type, Set<String> annotations) {
        MergedAnnotations ofMethod = MergedAnnotations.from(method, SearchStrategy.TYPE_HIERARCHY);
        MergedAnnotations ofType = MergedAnnotations.from(type, SearchStrategy.TYPE_HIERARCHY);
        return annotations.stream()
                .filter(name -> ofMethod.isPresent(name) || ofType.isPresent(name))
                .findFirst();
    }

    private static Stream<String> namesOf(Class<?> type) {
        Set<Class<?>> types = new LinkedHashSet<>(ClassUtils.getAllInterfacesForClassAsSet(type));
        for (Class<?> each = type; each != null; each = each.getSuperclass()) {
            types.add(each);
        }
        return types.stream().map(Class::getName);
    }

    /** Returns the method that a parameter belongs to. */
    static Method methodOf(MethodParameter parameter) {
        return Objects.requireNonNull(parameter.getMethod());
    }

    /** Returns a parameter's type, as it is written. */
    static String nameOf(MethodParameter parameter) {
        return parameter.getGenericParameterType().getTypeName();
    }

    public static IllegalListenerException illegal(Method method, String what, String wayOut) {
        return illegal(method, what, wayOut, null);
    }

    public static IllegalListenerException illegal(
            Method method, String what, String wayOut, @Nullable Throwable cause) {
        return new IllegalListenerException(
                "@%s method %s %s".formatted(ReliableListener.class.getSimpleName(), method, what), wayOut, cause);
    }
}
