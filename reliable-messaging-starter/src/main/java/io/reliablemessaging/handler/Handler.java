package io.reliablemessaging.handler;

import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.wire.PayloadCodec;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import org.springframework.aop.support.AopUtils;

/** The user's method: what it takes, and how to call it. */
public final class Handler {

    private final Object bean;
    private final Method declared;
    private final HandlerCall call;
    private final Type payloadType;

    /**
     * Takes a method that can be a handler.
     *
     * @param bean the bean, or its proxy
     * @param method what is called on it
     * @throws IllegalListenerException if its work could not be part of our transaction, or a parameter could never be filled
     */
    public Handler(Object bean, Method method, HandlerMethods methods) {
        Class<?> type = AopUtils.getTargetClass(bean);
        this.bean = bean;
        this.declared = AopUtils.getMostSpecificMethod(method, type);
        HandlerRules.check(declared, type, AopUtils.isCglibProxy(bean) ? bean.getClass() : null);
        HandlerMethods.Calls calls = methods.calls(bean, method);
        this.call = calls.call();
        this.payloadType = calls.payload().payloadType();
    }

    public Method declared() {
        return declared;
    }

    /** Type that the payload is converted to. */
    Type payloadType() {
        return payloadType;
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
    void handle(HandlerMessage message) {
        call.call(message);
    }
}
