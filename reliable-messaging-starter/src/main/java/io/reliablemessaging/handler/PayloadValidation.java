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

/** Holds payloads against the constraints of their type, with the application's validator if it has one. */
final class PayloadValidation {

    private final Validator validator;
    private final Class<?>[] groups;

    /**
     * Makes it.
     *
     * @param groups constraints to check; none for the default ones
     * @throws ValidationException if there is no validator
     */
    PayloadValidation(BeanFactory beans, Class<?>[] groups) {
        Validator theirs = beans.getBeanProvider(Validator.class).getIfAvailable();
        this.validator = theirs != null
                ? theirs
                : Validation.buildDefaultValidatorFactory().getValidator();
        this.groups = groups;
    }

    /**
     * Passes if the payload is as its type says, or there is none.
     *
     * @throws UnrecoverableMessageException with the places and messages of its violations, never with its values
     */
    void check(@Nullable Object payload) {
        if (payload == null) {
            return;
        }
        Set<ConstraintViolation<Object>> violations = validator.validate(payload, groups);
        if (!violations.isEmpty()) {
            throw new UnrecoverableMessageException(violations.stream()
                    .map(violation -> (place(violation.getPropertyPath()) + " " + violation.getMessage()).strip())
                    .sorted()
                    .collect(Collectors.joining("; ", "Payload is not valid: ", "")));
        }
    }

    // not the path's own text, which shows the keys of maps
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
