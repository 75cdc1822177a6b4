package io.reliablemessaging.handler;

import io.reliablemessaging.DryRun.Stage;
import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.UnrecoverableMessageException;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.messaging.Message;
import org.springframework.messaging.handler.annotation.Payload;
import org.springframework.messaging.support.GenericMessage;

/**
 * Resolves the payload of a handler's messages, and the types that may be around it: {@link IncomingMessage}, Spring's
 * {@link Message}, {@link ConsumerRecord}, {@link Optional}. A message has one payload, so all of them must name the same
 * type. Runs after all other resolvers and takes the parameters that they leave.
 */
final class PayloadArguments implements CheckedResolver {

    private static final String ONE_PAYLOAD =
            "A message has one payload: let other parameters have a @Header, or take its parts from the payload";

    private final PayloadChecks checks;
    private final Map<Integer, Argument> arguments = new HashMap<>();
    private @Nullable Type payloadType;
    private @Nullable MethodParameter unsaid;
    private boolean payloadTaken;

    /** Makes the argument of a parameter from each message. */
    private interface Argument {
        @Nullable
        Object resolve(HandlerMessage message);
    }

    PayloadArguments(PayloadChecks checks) {
        this.checks = checks;
    }

    /**
     * Returns the type that the payload is converted to; {@code byte[]} if no parameter takes a payload.
     *
     * @throws IllegalListenerException if a parameter takes a payload, and none names its type
     */
    Type payloadType() {
        if (payloadType == null && unsaid != null) {
            throw HandlerRules.illegal(
                    HandlerRules.methodOf(unsaid),
                    "takes %s without saying of what".formatted(HandlerRules.nameOf(unsaid)),
                    "Name the payload's type: IncomingMessage<OrderPlaced>, ConsumerRecord<String, OrderPlaced>; byte[] is what was received");
        }
        return payloadType == null ? byte[].class : payloadType;
    }

    @Override
    public boolean supportsParameter(MethodParameter parameter) {
        return true;
    }

    @Override
    public @Nullable Object resolveArgument(MethodParameter parameter, Message<?> message) {
        return Objects.requireNonNull(arguments.get(parameter.getParameterIndex()))
                .resolve((HandlerMessage) message);
    }

    @Override
    public void check(MethodParameter parameter) {
        ResolvableType type = ResolvableType.forMethodParameter(parameter);
        RefusedParameters.check(parameter, type);
        Argument argument = claimArgument(parameter, type);
        arguments.put(
                parameter.getParameterIndex(),
                checks.checkFor(parameter)
                        .map(check -> checked(check, argument))
                        .orElse(argument));
    }

    private static Argument checked(PayloadChecks.Check check, Argument argument) {
        return message -> {
            message.reach(Stage.VALIDATION);
            check.check(message.value());
            message.reach(Stage.CONVERSION);
            return argument.resolve(message);
        };
    }

    private Argument claimArgument(MethodParameter parameter, ResolvableType type) {
        Class<?> raw = type.toClass();
        if (raw == IncomingMessage.class) {
            claim(parameter, type, type.getGeneric());
            return HandlerMessage::incoming;
        }
        if (raw == ConsumerRecord.class) {
            return claimRecord(parameter, type);
        }
        if (Message.class.isAssignableFrom(raw)) {
            return claimMessage(parameter, type);
        }
        boolean optional = raw == Optional.class;
        claim(parameter, optional ? type : null, optional ? type.getGeneric() : type);
        takePayload(parameter);
        return optional ? message -> Optional.ofNullable(message.value()) : payload(parameter);
    }

    private void takePayload(MethodParameter parameter) {
        if (payloadTaken) {
            throw HandlerRules.illegal(
                    HandlerRules.methodOf(parameter), "takes the payload more than once", ONE_PAYLOAD);
        }
        payloadTaken = true;
    }

    private static Argument payload(MethodParameter parameter) {
        MergedAnnotation<Payload> annotation =
                MergedAnnotations.from(parameter.getParameterAnnotations()).get(Payload.class);
        Method method = HandlerRules.methodOf(parameter);
        if (annotation.isPresent() && !annotation.getString("expression").isEmpty()) {
            throw HandlerRules.illegal(
                    method, "has a @Payload with an expression", "Take the whole payload, and its part in the method");
        }
        boolean required = annotation.isPresent() && annotation.getBoolean("required") && !parameter.isOptional();
        if (annotation.isPresent() && !required && parameter.getParameterType().isPrimitive()) {
            throw HandlerRules.illegal(
                    method,
                    "takes a payload that is not required as %s, which cannot be null"
                            .formatted(HandlerRules.nameOf(parameter)),
                    "Take its class, or an Optional of it");
        }
        return required ? PayloadArguments::required : HandlerMessage::value;
    }

    private static Object required(HandlerMessage message) {
        if (message.value() == null) {
            throw new UnrecoverableMessageException(
                    "The record has no value (it is a tombstone), and the handler requires a payload; let it take an Optional of it, or @Payload(required = false), to handle tombstones");
        }
        return message.value();
    }

    private Argument claimMessage(MethodParameter parameter, ResolvableType type) {
        Class<?> raw = type.toClass();
        if (raw != Message.class && raw != GenericMessage.class) {
            throw HandlerRules.illegal(
                    HandlerRules.methodOf(parameter),
                    "takes %s, which no listener is given".formatted(HandlerRules.nameOf(parameter)),
                    "Take Message<OrderPlaced>, or IncomingMessage<OrderPlaced>");
        }
        ResolvableType content = type.getGeneric();
        claim(parameter, type, content);
        boolean takesTombstones = content.toClass() == Object.class;
        return message -> {
            if (message.value() == null && !takesTombstones) {
                throw new UnrecoverableMessageException(
                        "The record has no value (it is a tombstone), and a Message of Spring always has a payload; let the handler take an IncomingMessage to handle tombstones");
            }
            return message.generic();
        };
    }

    private Argument claimRecord(MethodParameter parameter, ResolvableType type) {
        ResolvableType key = type.getGeneric(0);
        boolean textKey =
                PayloadTypes.saysNothing(type, key) || key.toClass() == String.class || key.getType() == Object.class;
        if (!textKey && key.toClass() != byte[].class) {
            throw HandlerRules.illegal(
                    HandlerRules.methodOf(parameter),
                    "takes %s, and keys are text or bytes".formatted(HandlerRules.nameOf(parameter)),
                    "Take ConsumerRecord<String, ...> or ConsumerRecord<byte[], ...>");
        }
        ResolvableType value = type.getGeneric(1);
        boolean bytes = value.toClass() == byte[].class; // as received, whatever type other parameters take
        if (!bytes) {
            claim(parameter, type, value);
        }
        return message -> message.record(!textKey, bytes);
    }

    private void claim(MethodParameter parameter, @Nullable ResolvableType around, ResolvableType payload) {
        if (around != null && PayloadTypes.saysNothing(around, payload)) {
            unsaid = parameter;
            return;
        }
        Method method = HandlerRules.methodOf(parameter);
        Type type = PayloadTypes.resolved(payload)
                .orElseThrow(() -> HandlerRules.illegal(
                        method,
                        "takes %s, and %s does not say what that is"
                                .formatted(
                                        HandlerRules.nameOf(parameter),
                                        parameter.getContainingClass().getName()),
                        "Name a class in place of the type variable, in the method or where the class is extended"));
        if (around != null) {
            RefusedParameters.checkPayload(method, ResolvableType.forType(type));
        }
        if (payloadType != null && !payloadType.getTypeName().equals(type.getTypeName())) {
            throw HandlerRules.illegal(
                    method,
                    "takes both %s and %s".formatted(payloadType.getTypeName(), type.getTypeName()),
                    ONE_PAYLOAD);
        }
        payloadType = type;
    }
}
