package io.reliablemessaging.handler;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.core.ResolvableType;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.handler.annotation.Headers;
import org.springframework.messaging.handler.annotation.support.HeadersMethodArgumentResolver;
import org.springframework.messaging.support.MessageHeaderAccessor;
import org.springframework.util.ReflectionUtils;

/** Resolves parameters that take all headers: as Spring's resolver gives them, or all as text. */
final class HeadersResolver extends HeadersMethodArgumentResolver implements CheckedResolver {

    @Override
    public boolean supportsParameter(MethodParameter parameter) {
        Class<?> type = parameter.getParameterType();
        return parameter.hasParameterAnnotation(Headers.class)
                || type == MessageHeaders.class
                || MessageHeaderAccessor.class.isAssignableFrom(type);
    }

    @Override
    public void check(MethodParameter parameter) {
        Class<?> type = parameter.getParameterType();
        if (MessageHeaderAccessor.class.isAssignableFrom(type)) {
            requireWrap(parameter, type);
            return;
        }
        boolean fits = type == MessageHeaders.class
                || (type == Map.class
                        && argument(parameter, 0).isAssignableFrom(String.class)
                        && (argument(parameter, 1) == Object.class || isAllText(parameter)));
        if (!fits) {
            throw HandlerRules.illegal(
                    HandlerRules.methodOf(parameter),
                    "wants all headers as %s".formatted(HandlerRules.nameOf(parameter)),
                    "Take @Headers Map<String, Object>, @Headers Map<String, String>, or MessageHeaders");
        }
    }

    private static void requireWrap(MethodParameter parameter, Class<?> type) {
        if (type != MessageHeaderAccessor.class && ReflectionUtils.findMethod(type, "wrap", Message.class) == null) {
            throw HandlerRules.illegal(
                    HandlerRules.methodOf(parameter),
                    "wants all headers as %s, which has no method wrap(Message)".formatted(type.getName()),
                    "Take KafkaMessageHeaderAccessor or MessageHeaders");
        }
    }

    @Override
    public @Nullable Object resolveArgument(MethodParameter parameter, Message<?> message) throws Exception {
        if (parameter.getParameterType() != Map.class) {
            return super.resolveArgument(parameter, message);
        }
        if (!isAllText(parameter)) {
            return message.getHeaders();
        }
        Map<String, String> texts = new LinkedHashMap<>();
        DeliveryHeaders.all((HandlerMessage) message).forEach((name, value) -> texts.put(name, String.valueOf(value)));
        return texts;
    }

    private static boolean isAllText(MethodParameter parameter) {
        return argument(parameter, 1) == String.class;
    }

    /** Returns the type of the map's keys or values; Object if it is not declared. */
    private static Class<?> argument(MethodParameter parameter, int index) {
        return ResolvableType.forMethodParameter(parameter).getGeneric(index).resolve(Object.class);
    }
}
