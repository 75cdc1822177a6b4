package io.reliablemessaging.handler;

import io.reliablemessaging.UnrecoverableMessageException;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.validation.BeanPropertyBindingResult;
import org.springframework.validation.FieldError;
import org.springframework.validation.ObjectError;
import org.springframework.validation.SmartValidator;
import org.springframework.validation.Validator;

/** Validates payloads with a Spring {@code Validator} that the application has registered for its Kafka listeners. */
final class SpringValidation implements PayloadChecks.Check {

    private final Validator validator;
    private final Object[] hints;

    SpringValidation(Validator validator, Object[] hints) {
        this.validator = validator;
        this.hints = hints;
    }

    @Override
    public void check(@Nullable Object payload) {
        if (payload == null) {
            return;
        }
        BeanPropertyBindingResult errors = new BeanPropertyBindingResult(payload, "payload");
        if (validator instanceof SmartValidator smart) {
            smart.validate(payload, errors, hints);
        } else {
            validator.validate(payload, errors);
        }
        if (errors.hasErrors()) {
            throw new UnrecoverableMessageException(errors.getAllErrors().stream()
                    .map(SpringValidation::text)
                    .sorted()
                    .collect(Collectors.joining("; ", "Payload is not valid: ", "")));
        }
    }

    // not the error's own text, which quotes the value, and no keys of maps
    private static String text(ObjectError error) {
        String place =
                error instanceof FieldError field ? field.getField().replaceAll("\\[(?!\\d+])[^]]*]", "[]") + " " : "";
        return place + Objects.requireNonNullElse(error.getDefaultMessage(), String.valueOf((Object) error.getCode()));
    }
}
