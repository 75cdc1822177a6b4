package io.reliablemessaging.handler;

import io.reliablemessaging.UnrecoverableMessageException;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.Path;
import jakarta.validation.Validation;
import jakarta.validation.ValidationException;
import jakarta.validation.Validator;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;

/** Validates payloads with Jakarta Validation, with the application's validator if it has one. */
final class PayloadValidation implements PayloadChecks.Check {

    private final Validator validator;
    private final Class<?>[] groups;

    private PayloadValidation(Validator validator, Class<?>[] groups) {
        this.validator = validator;
        this.groups = groups;
    }

    /**
     * Creates a check.
     *
     * @param registered a validator that is preferred to the application's bean, if it is a Jakarta one
     * @param groups validation groups; none for the default one
     * @throws ValidationException if there is no validator
     */
    static PayloadValidation of(@Nullable Object registered, BeanFactory beans, Class<?>[] groups) {
        if (registered instanceof Validator given) {
            return new PayloadValidation(given, groups);
        }
        Validator theirs = beans.getBeanProvider(Validator.class).getIfAvailable();
        return new PayloadValidation(
                theirs != null
                        ? theirs
                        : Validation.buildDefaultValidatorFactory().getValidator(),
                groups);
    }

    @Override
    public void check(@Nullable Object payload) {
        if (payload == null) {
            return;
        }
        Set<ConstraintViolation<Object>> violations = validator.validate(payload, groups);
        if (!violations.isEmpty()) {
            throw new UnrecoverableMessageException("Payload is not valid: " + text(violations));
        }
    }

    /** Describes violations by their places and messages, never by values. */
    static String text(Set<? extends ConstraintViolation<?>> violations) {
        return violations.stream()
                .map(violation -> (place(violation.getPropertyPath()) + " " + violation.getMessage()).strip())
                .sorted()
                .collect(Collectors.joining("; "));
    }

    // not the path's own text, which contains keys of maps
    private static String place(Path path) {
        StringBuilder place = new StringBuilder();
        for (Path.Node node : path) {
            if (node.isInIterable()) {
                place.append('[')
                        .append(node.getIndex() == null ? "" : node.getIndex())
                        .append(']');
            }
            if (node.getName() != null && !node.getName().startsWith("<")) {
                place.append(place.isEmpty() ? "" : ".").append(node.getName());
            }
        }
        return place.toString();
    }
}
