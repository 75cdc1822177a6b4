package io.reliablemessaging.handler;

import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.retry.FailureJudge;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;
import org.springframework.messaging.handler.invocation.InvocableHandlerMethod;

/**
 * Calls the application's method, with the arguments that the resolvers make. Parameters are those of the method of the
 * bean's own class, with what the methods say that it overrides or implements; the call goes through the bean's proxy, if it
 * has one.
 */
final class HandlerCall extends InvocableHandlerMethod {

    private final Method invoked;

    HandlerCall(Object bean, Method method) {
        super(bean, AopUtils.getMostSpecificMethod(method, AopUtils.getTargetClass(bean)));
        this.invoked = method;
        method.setAccessible(true);
    }

    /** The class that says what type variables stand for. */
    @Override
    protected Class<?> getContainingClass() {
        return AopUtils.getTargetClass(getBean());
    }

    /**
     * Calls the method.
     *
     * @throws UnrecoverableMessageException if the message cannot be what the method takes
     * @throws HandlerFailedException around all that it throws, but for what the JVM cannot survive
     */
    void call(HandlerMessage message) {
        @Nullable Object[] arguments = arguments(message);
        try {
            invoked.invoke(getBean(), arguments);
        } catch (InvocationTargetException e) {
            throw failed(e.getTargetException());
        } catch (IllegalAccessException | IllegalArgumentException e) {
            throw new HandlerFailedException(e);
        } finally {
            // what the handler has done to its thread ends with it: the commit and the next message are ours
            boolean unused = Thread.interrupted();
        }
    }

    private @Nullable Object[] arguments(HandlerMessage message) {
        try {
            return getMethodArgumentValues(message);
        } catch (UnrecoverableMessageException e) {
            throw e;
        } catch (Exception e) {
            throw new HandlerFailedException(e); // of a resolver of the application's
        }
    }

    private RuntimeException failed(Throwable thrown) {
        if (thrown instanceof Error error && FailureJudge.isFatal(error)) {
            throw error;
        }
        return ArgumentViolations.in(thrown, getMethod())
                .<RuntimeException>map(UnrecoverableMessageException::new)
                .orElseGet(() -> new HandlerFailedException(thrown));
    }
}
