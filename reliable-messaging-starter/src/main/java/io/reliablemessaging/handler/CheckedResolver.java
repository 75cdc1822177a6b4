package io.reliablemessaging.handler;

import org.springframework.core.MethodParameter;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolver;

/** Resolves parameters of handlers, and refuses at start-up those that it could never resolve. */
interface CheckedResolver extends HandlerMethodArgumentResolver {

    /**
     * Checks a parameter that it supports.
     *
     * @throws IllegalListenerException if no message could ever give it a value
     */
    void check(MethodParameter parameter);
}
