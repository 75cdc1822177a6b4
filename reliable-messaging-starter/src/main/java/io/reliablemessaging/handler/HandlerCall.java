package io.reliablemessaging.handler;

import io.reliablemessaging.DryRun.Stage;
import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.retry.FailureJudge;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;
import org.springframework.messaging.handler.invocation.InvocableHandlerMethod;

/**
 * Calls the application's method with arguments from the resolvers. Parameters are those of the bean's own class, with the
 * annotations of methods that it overrides or implements. The call goes through the bean's proxy, if it has one.
 */
final class HandlerCall extends InvocableHandlerMethod {

    private final Method invoked;

    HandlerCall(Object bean, Method method) {
        super(bean, AopUtils.getMostSpecificMethod(method, AopUtils.getTargetClass(bean)));
        this.invoked = method;
        method.setAccessible(true);
    }

    /** Returns the class that resolves type variables. */
    @Override
    protected Class<?> getContainingClass() {
        return AopUtils.getTargetClass(getBean());
    }

    /**
     * Calls the method.
     *
     * @throws UnrecoverableMessageException if the message does not fit the method's parameters
     * @throws HandlerFailedException around every exception of the method, except errors that the JVM may not survive
     */
    void call(HandlerMessage message) {
        @Nullable Object[] arguments = resolveArguments(message);
        message.reach(Stage.HANDLER);
        try {
            invoked.invoke(getBean(), arguments);
        } catch (InvocationTargetException e) {
            throw failed(e.getTargetException(), message);
        } catch (IllegalAccessException | IllegalArgumentException e) {
            throw new HandlerFailedException(e);
        } finally {
            // an interrupt that the handler has left must not reach the commit or the next message
            boolean unused = Thread.interrupted();
        }
    }

    /**
     * Makes the arguments of a call.
     *
     * @throws UnrecoverableMessageException if the message does not fit the method's parameters
     * @throws HandlerFailedException around an exception of a resolver of the application
     */
    @Nullable
    Object[] resolveArguments(HandlerMessage message) {
        try {
            return getMethodArgumentValues(message);
        } catch (UnrecoverableMessageException e) {
            throw e;
        } catch (Exception e) {
            throw new HandlerFailedException(e);
        }
    }

    private RuntimeException failed(Throwable thrown, HandlerMessage message) {
        if (thrown instanceof Error error && FailureJudge.isFatal(error)) {
            throw error;
        }
        Optional<String> violations = ArgumentViolations.in(thrown, getMethod());
        if (violations.isPresent()) {
            message.reach(Stage.VALIDATION);
            return new UnrecoverableMessageException(violations.get());
        }
        return new HandlerFailedException(thrown);
    }
}
