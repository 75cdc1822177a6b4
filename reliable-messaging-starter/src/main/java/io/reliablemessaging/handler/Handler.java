package io.reliablemessaging.handler;

import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.retry.FailureJudge;
import io.reliablemessaging.wire.PayloadCodec;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;

/** The user's method: what it takes, and how to call it. */
public final class Handler {

    private final Object bean;
    private final Method method;
    private final Method declared;
    private final HandlerArguments arguments;

    public Handler(Object bean, Method method, ConfigurableListableBeanFactory beans) {
        this.bean = bean;
        this.method = method;
        this.declared = AopUtils.getMostSpecificMethod(method, AopUtils.getTargetClass(bean));
        HandlerRules.check(declared, AopUtils.getTargetClass(bean), AopUtils.isCglibProxy(bean));
        this.arguments = arguments(beans);
        method.setAccessible(true);
    }

    public Method declared() {
        return declared;
    }

    /** Type that the payload is converted to. */
    Type payloadType() {
        return arguments.payloadType();
    }

    /**
     * Makes the codec ready for what the method takes.
     *
     * @throws IllegalListenerException if no payload can ever become that
     */
    public void prepare(PayloadCodec codec) {
        try {
            codec.prepare(payloadType());
        } catch (IllegalArgumentException e) {
            throw HandlerRules.illegal(
                    declared,
                    String.valueOf(e.getMessage()),
                    "Let it take tools.jackson.databind.JsonNode, or the JSON text as a String");
        }
    }

    public Object bean() {
        return bean;
    }

    /**
     * Calls the method.
     *
     * @throws UnrecoverableMessageException if the message cannot be what the method takes
     * @throws HandlerFailedException around all that it throws, but for what the JVM cannot survive
     */
    void handle(IncomingMessage<?> message, Headers headers) {
        @Nullable Object[] values = arguments.of(message, headers);
        try {
            method.invoke(bean, values);
        } catch (InvocationTargetException e) {
            if (e.getTargetException() instanceof Error error && FailureJudge.isFatal(error)) {
                throw error;
            }
            throw new HandlerFailedException(e.getTargetException());
        } catch (IllegalAccessException | IllegalArgumentException e) {
            throw new HandlerFailedException(e);
        } finally {
            // what the handler has done to its thread ends with it: the commit and the next message are ours
            boolean unused = Thread.interrupted();
        }
    }

    private HandlerArguments arguments(ConfigurableListableBeanFactory beans) {
        try {
            return new HandlerArguments(declared, beans);
        } catch (IllegalArgumentException e) {
            throw HandlerRules.illegal(declared, String.valueOf(e.getMessage()), e.getCause());
        }
    }
}
