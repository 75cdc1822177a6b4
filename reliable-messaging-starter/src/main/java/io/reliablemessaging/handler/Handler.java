package io.reliablemessaging.handler;

import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.payload.PayloadCodec;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import org.springframework.aop.support.AopUtils;

/** Calls the application's {@code @ReliableListener} method, and knows the payload type that it takes. */
public final class Handler {

    private final Object bean;
    private final Method declared;
    private final HandlerCall call;
    private final Type payloadType;

    /**
     * Checks a method and prepares its calls.
     *
     * @param bean the bean, or its proxy
     * @param method the method that is called on it
     * @throws IllegalListenerException if its work could not be part of our transaction, or no message could give a
     *     parameter a value
     */
    public Handler(Object bean, Method method, HandlerMethods methods) {
        Class<?> type = AopUtils.getTargetClass(bean);
        this.bean = bean;
        this.declared = AopUtils.getMostSpecificMethod(method, type);
        HandlerRules.check(declared, type, AopUtils.isCglibProxy(bean) ? bean.getClass() : null);
        HandlerMethods.Calls calls = methods.makeCalls(bean, method);
        this.call = calls.call();
        this.payloadType = calls.payload().payloadType();
    }

    public Method declared() {
        return declared;
    }

    /** Returns the type that the payload is converted to. */
    Type payloadType() {
        return payloadType;
    }

    /**
     * Prepares the codec for the payload type.
     *
     * @throws IllegalListenerException if no payload can ever become that type
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
     * @throws UnrecoverableMessageException if the message does not fit the method's parameters
     * @throws HandlerFailedException around every exception of the method, except errors that the JVM may not survive
     */
    void handle(HandlerMessage message) {
        call.call(message);
    }

    /**
     * Makes the arguments of a call, and does not call the method.
     *
     * @throws UnrecoverableMessageException if the message does not fit the method's parameters
     * @throws HandlerFailedException around an exception of a resolver of the application
     */
    void check(HandlerMessage message) {
        var unused = call.resolveArguments(message);
    }
}
