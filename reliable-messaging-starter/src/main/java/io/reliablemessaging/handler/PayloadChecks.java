package io.reliablemessaging.handler;

import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.core.MethodParameter;
import org.springframework.util.ClassUtils;
import org.springframework.validation.Validator;
import org.springframework.validation.annotation.ValidationAnnotationUtils;

/** Creates the checks of payloads whose parameters are {@code @Valid} or {@code @Validated}. */
final class PayloadChecks {

    private static final String API = "jakarta.validation.Validator";

    private final BeanFactory beans;
    private final @Nullable Validator registered;

    /** Validates a payload. */
    interface Check {

        /**
         * Validates a payload. A null passes.
         *
         * @throws io.reliablemessaging.UnrecoverableMessageException with the places and messages of violations, never with
         *     values
         */
        void check(@Nullable Object payload);
    }

    /**
     * Creates the factory of checks.
     *
     * @param registered the validator that the application has given to Spring Kafka, if any
     */
    PayloadChecks(BeanFactory beans, @Nullable Validator registered) {
        this.beans = beans;
        this.registered = registered;
    }

    /**
     * Creates the check of a parameter; empty if it needs none.
     *
     * @throws IllegalListenerException if it needs one, and there is no validator
     */
    Optional<Check> checkFor(MethodParameter parameter) {
        return Stream.of(parameter.getParameterAnnotations())
                .flatMap(
                        annotation -> Stream.ofNullable(ValidationAnnotationUtils.determineValidationHints(annotation)))
                .findFirst()
                .map(groups -> check(parameter, groups));
    }

    private Check check(MethodParameter parameter, Object[] groups) {
        try {
            if (registered != null && !isJakarta(registered)) {
                return new SpringValidation(registered, groups);
            }
            ClassUtils.forName(API, PayloadChecks.class.getClassLoader());
            return PayloadValidation.of(registered, beans, Stream.of(groups).toArray(Class<?>[]::new));
        } catch (ClassNotFoundException | RuntimeException e) {
            throw HandlerRules.illegal(
                    HandlerRules.methodOf(parameter),
                    "wants its payload validated, but there is no validator",
                    "Add spring-boot-starter-validation, or register a Validator with a KafkaListenerConfigurer",
                    e);
        }
    }

    private static boolean isJakarta(Validator validator) {
        return ClassUtils.getAllInterfacesAsSet(validator).stream()
                .anyMatch(each -> each.getName().equals(API));
    }
}
