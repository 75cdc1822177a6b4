package io.reliablemessaging.listener;

import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.ReliableListener;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;
import org.springframework.core.ReactiveAdapterRegistry;

/** The user's method: what it takes, and how to call it. */
final class Handler {

    private final Object bean;
    private final Method method;
    private final Method declared;
    private final Type payloadType;

    Handler(Object bean, Method method) {
        this.bean = bean;
        this.method = method;
        this.declared = AopUtils.getMostSpecificMethod(method, AopUtils.getTargetClass(bean));
        requireCallable();
        this.payloadType = onlyPayloadType();
        method.setAccessible(true);
    }

    Method declared() {
        return declared;
    }

    private Type onlyPayloadType() {
        Type found = null;
        for (Parameter parameter : declared.getParameters()) {
            Type type = isMessage(parameter) ? contentOf(parameter) : parameter.getParameterizedType();
            if (found != null && !found.equals(type)) {
                throw illegal("takes both %s and %s".formatted(found.getTypeName(), type.getTypeName()));
            }
            found = type;
        }
        if (found == null) {
            throw illegal("takes nothing");
        }
        return found;
    }

    /** Type that the payload is converted to. */
    Type payloadType() {
        return payloadType;
    }

    Object bean() {
        return bean;
    }

    /**
     * Calls the method.
     *
     * @throws HandlerFailedException around any exception that it throws; an {@link Error} passes as it is
     */
    void handle(IncomingMessage<?> message) {
        try {
            method.invoke(bean, arguments(message));
        } catch (InvocationTargetException e) {
            if (e.getTargetException() instanceof Error error) {
                throw error;
            }
            throw new HandlerFailedException(e.getTargetException());
        } catch (IllegalAccessException | IllegalArgumentException e) {
            throw new HandlerFailedException(e);
        }
    }

    private @Nullable Object[] arguments(IncomingMessage<?> message) {
        Parameter[] parameters = declared.getParameters();
        @Nullable Object[] arguments = new @Nullable Object[parameters.length];
        for (int i = 0; i < parameters.length; i++) {
            arguments[i] = isMessage(parameters[i]) ? message : message.payload();
        }
        return arguments;
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

    private static boolean isMessage(Parameter parameter) {
        return parameter.getType() == IncomingMessage.class;
    }

    private Type contentOf(Parameter parameter) {
        if (parameter.getParameterizedType() instanceof ParameterizedType type) {
            return type.getActualTypeArguments()[0];
        }
        throw illegal("takes an IncomingMessage without saying of what: write IncomingMessage<OrderPlaced>");
    }

    private IllegalStateException illegal(String what) {
        return new IllegalStateException(
                "@%s method %s %s. It must be void, not private, and take a payload, an %s of it, or both"
                        .formatted(
                                ReliableListener.class.getSimpleName(),
                                declared,
                                what,
                                IncomingMessage.class.getSimpleName()));
    }
}
