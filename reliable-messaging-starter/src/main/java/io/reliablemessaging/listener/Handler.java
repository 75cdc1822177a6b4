package io.reliablemessaging.listener;

import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.UnrecoverableMessageException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.ReactiveAdapterRegistry;

/** The user's method: what it takes, and how to call it. */
final class Handler {

    private final Object bean;
    private final Method method;
    private final Method declared;
    private final HandlerArguments arguments;

    Handler(Object bean, Method method, ConfigurableListableBeanFactory beans) {
        this.bean = bean;
        this.method = method;
        this.declared = AopUtils.getMostSpecificMethod(method, AopUtils.getTargetClass(bean));
        requireCallable();
        this.arguments = arguments(beans);
        method.setAccessible(true);
    }

    Method declared() {
        return declared;
    }

    /** Type that the payload is converted to. */
    Type payloadType() {
        return arguments.payloadType();
    }

    Object bean() {
        return bean;
    }

    /**
     * Calls the method.
     *
     * @throws UnrecoverableMessageException if the message cannot be what the method takes
     * @throws HandlerFailedException around any exception that it throws; an {@link Error} passes as it is
     */
    void handle(IncomingMessage<?> message, Headers headers) {
        @Nullable Object[] values = arguments.of(message, headers);
        try {
            method.invoke(bean, values);
        } catch (InvocationTargetException e) {
            if (e.getTargetException() instanceof Error error) {
                throw error;
            }
            throw new HandlerFailedException(e.getTargetException());
        } catch (IllegalAccessException | IllegalArgumentException e) {
            throw new HandlerFailedException(e);
        }
    }

    private HandlerArguments arguments(ConfigurableListableBeanFactory beans) {
        try {
            return new HandlerArguments(declared, beans);
        } catch (IllegalArgumentException e) {
            throw illegal(String.valueOf(e.getMessage()), e.getCause());
        }
    }

    private void requireCallable() {
        if (Modifier.isPrivate(declared.getModifiers())) {
            throw illegal("is private: a proxy would run it on an object without dependencies");
        }
        Class<?> returned = declared.getReturnType();
        boolean reactive = ReactiveAdapterRegistry.getSharedInstance().getAdapter(returned) != null;
        if (reactive || Future.class.isAssignableFrom(returned) || CompletionStage.class.isAssignableFrom(returned)) {
            throw illegal(
                    "returns %s: its work would go on after the transaction is over".formatted(returned.getName()));
        }
    }

    private IllegalStateException illegal(String what) {
        return illegal(what, null);
    }

    private IllegalStateException illegal(String what, @Nullable Throwable cause) {
        return new IllegalStateException(
                "@%s method %s %s. It must be void, not private, and take a payload, an %s of it, or both, and @Header values"
                        .formatted(
                                ReliableListener.class.getSimpleName(),
                                declared,
                                what,
                                IncomingMessage.class.getSimpleName()),
                cause);
    }
}
