package io.reliablemessaging.handler;

import jakarta.validation.ConstraintViolation;
import jakarta.validation.ConstraintViolationException;
import jakarta.validation.ElementKind;
import jakarta.validation.Path;
import java.lang.reflect.Method;
import java.util.Iterator;
import java.util.Optional;
import java.util.stream.Collectors;
import org.springframework.util.ClassUtils;
import org.springframework.validation.method.MethodValidationException;

/**
 * Recognizes exceptions about the handler's own arguments, thrown by the proxy of a {@code @Validated} class or by Kotlin's
 * null checks. The arguments come from the message and will not change. The same exception about a call that the handler
 * makes is a failure like any other.
 */
final class ArgumentViolations {

    private static final String PROBLEM = "Arguments of the handler are not valid: ";
    private static final boolean API = ClassUtils.isPresent(
            "jakarta.validation.ConstraintViolationException", ArgumentViolations.class.getClassLoader());

    // Kotlin checks parameters first in the method, and removes its own frames from the stack trace
    private static final String KOTLIN_NULL = "Parameter specified as non-null is null";

    private ArgumentViolations() {}

    /**
     * Describes what is wrong with the handler's arguments, without their values; empty if the exception is about something
     * else.
     */
    static Optional<String> in(Throwable thrown, Method handler) {
        if (thrown instanceof MethodValidationException refused) {
            return Optional.of(refused)
                    .filter(each -> !each.isForReturnValue() && isSame(each.getMethod(), handler))
                    .map(ArgumentViolations::text);
        }
        if (thrown instanceof NullPointerException missing) {
            return Optional.of(missing).filter(each -> isKotlins(each, handler)).map(ArgumentViolations::text);
        }
        return API ? Jakarta.in(thrown, handler) : Optional.empty();
    }

    private static boolean isSame(Method checked, Method handler) {
        return checked.getName().equals(handler.getName())
                && checked.getDeclaringClass().isAssignableFrom(handler.getDeclaringClass());
    }

    private static boolean isKotlins(NullPointerException missing, Method handler) {
        StackTraceElement[] trace = missing.getStackTrace();
        return String.valueOf(missing.getMessage()).startsWith(KOTLIN_NULL)
                && trace.length > 0
                && trace[0].getMethodName().equals(handler.getName())
                && trace[0].getClassName().equals(handler.getDeclaringClass().getName());
    }

    private static String text(NullPointerException missing) {
        return PROBLEM
                + missing.getMessage()
                + "; give it a nullable type to handle tombstones and missing headers, or @Header a defaultValue";
    }

    private static String text(MethodValidationException refused) {
        return refused.getAllErrors().stream()
                .map(error -> String.valueOf(error.getDefaultMessage()))
                .sorted()
                .collect(Collectors.joining("; ", PROBLEM, ""));
    }

    /** Loaded only if Jakarta Validation is on the class path. */
    private static final class Jakarta {

        static Optional<String> in(Throwable thrown, Method handler) {
            return thrown instanceof ConstraintViolationException refused
                            && !refused.getConstraintViolations().isEmpty()
                            && refused.getConstraintViolations().stream()
                                    .allMatch(violation -> isOfArguments(violation, handler))
                    ? Optional.of(PROBLEM + PayloadValidation.text(refused.getConstraintViolations()))
                    : Optional.empty();
        }

        private static boolean isOfArguments(ConstraintViolation<?> violation, Method handler) {
            Iterator<Path.Node> nodes = violation.getPropertyPath().iterator();
            if (violation.getRootBeanClass() == null
                    || !handler.getDeclaringClass().isAssignableFrom(violation.getRootBeanClass())
                    || !nodes.hasNext()) {
                return false;
            }
            Path.Node method = nodes.next();
            return method.getKind() == ElementKind.METHOD
                    && handler.getName().equals(method.getName())
                    && nodes.hasNext()
                    && nodes.next().getKind() != ElementKind.RETURN_VALUE;
        }
    }
}
