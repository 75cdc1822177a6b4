package io.reliablemessaging.handler;

import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.core.MethodParameter;
import org.springframework.util.ClassUtils;
import org.springframework.validation.Validator;
import org.springframework.validation.annotation.ValidationAnnotationUtils;

/** Makes the checks of payloads whose parameters are {@code @Valid} or {@code @Validated}. */
final class PayloadChecks {

    private static final String API = "jakarta.validation.Validator";

    private final BeanFactory beans;
    private final @Nullable Validator registered;

    /** Holds a payload against its constraints. */
    interface Check {

        /**
         * Passes if the payload is as its type says, or there is none.
         *
         * @throws io.reliablemessaging.UnrecoverableMessageException with the places and messages of its violations,
         *     never with its values
         */
        void check(@Nullable Object payload);
    }

    /**
     * Makes them.
     *
     * @param registered the validator that the application has given to Spring Kafka, if any
     */
    PayloadChecks(BeanFactory beans, @Nullable Validator registered) {
        this.beans = beans;
        this.registered = registered;
    }

    /**
     * The check of a parameter, if it wants one.
     *
     * @throws IllegalListenerException if it wants one, and nobody could do it
     */
    Optional<Check> of(MethodParameter parameter) {
        return Stream.of(parameter.getParameterAnnotations())
                .flatMap(
                        annotation -> Stream.ofNullable(ValidationAnnotationUtils.determineValidationHints(annotation)))
                .findFirst()
                .map(groups -> of(parameter, groups));
    }

    private Check of(MethodParameter parameter, Object[] groups) {
        try {
            if (registered != null && !isJakarta(registered)) {
                return new SpringValidation(registered, groups);
            }
            ClassUtils.forName(API, PayloadChecks.class.getClassLoader());
            return PayloadValidation.of(registered, beans, Stream.of(groups).toArray(Class<?>[]::new));
        } catch (ClassNotFoundException | RuntimeException e) {
            throw HandlerRules.illegal(
                    HandlerRules.methodOf(parameter),
                    "wants its payload validated, but no validator can be had",
                    "Add spring-boot-starter-validation, or register a Validator with a KafkaListenerConfigurer",
                    e);
        }
    }

    private static boolean isJakarta(Validator validator) {
        return ClassUtils.getAllInterfacesAsSet(validator).stream()
                .anyMatch(each -> each.getName().equals(API));
    }
}
