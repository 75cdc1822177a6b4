package io.reliablemessaging.handler;

import org.springframework.core.MethodParameter;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolver;

/** Fills parameters of handlers, and refuses at start-up those that it could never fill. */
interface CheckedResolver extends HandlerMethodArgumentResolver {

    /**
     * Lets a parameter pass that it supports.
     *
     * @throws IllegalListenerException if no message could ever fill it
     */
    void check(MethodParameter parameter);
}
