package io.reliablemessaging.payload;

import java.util.Arrays;
import java.util.Collection;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.exc.UnexpectedEndOfInputException;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.exc.InvalidDefinitionException;
import tools.jackson.databind.exc.InvalidTypeIdException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.exc.ValueInstantiationException;

/**
 * Describes an error in JSON: line, column, field and expected type. Its text consists of names of application classes and
 * of positions, never of Jackson's messages or of the payload, which those messages quote.
 */
final class JsonFault {

    private static final int MOST_NAMES = 20;

    private JsonFault() {}

    /** Describes the position of the error, and the error. */
    static String of(JacksonException failure) {
        StringBuilder text = new StringBuilder();
        TokenStreamLocation at = failure.getLocation();
        if (at != null && at.getLineNr() > 0) {
            text.append(" at line %d, column %d".formatted(at.getLineNr(), at.getColumnNr()));
        }
        String field = JsonPlace.of(failure.getPath());
        if (!field.isEmpty()) {
            text.append(text.isEmpty() ? " at field " : ", field ").append(field);
        }
        String wrong = wrong(failure);
        return wrong == null ? text.toString() : text + ": " + wrong;
    }

    private static @Nullable String wrong(JacksonException failure) {
        if (failure instanceof InputCoercionException number) {
            return "a number out of range for " + name(number.getTargetType());
        }
        if (failure instanceof UnexpectedEndOfInputException) {
            return "the JSON ends too early";
        }
        if (failure instanceof StreamReadException) {
            return "this is no JSON";
        }
        if (failure instanceof StreamConstraintsException) {
            return "longer or deeper than the parser allows";
        }
        if (failure instanceof UnrecognizedPropertyException unknown) {
            return "%s has no such field%s"
                    .formatted(name(unknown.getReferringClass()), fields(unknown.getKnownPropertyIds()));
        }
        if (failure instanceof InvalidTypeIdException id) {
            return "no type id of " + name(id.getBaseType());
        }
        if (failure instanceof ValueInstantiationException refused) {
            Throwable cause = refused.getCause();
            return "%s refuses it%s"
                    .formatted(
                            name(refused.getType()),
                            cause == null ? "" : ", with " + cause.getClass().getName());
        }
        if (failure instanceof InvalidDefinitionException impossible) {
            return "no JSON can become " + name(impossible.getType());
        }
        return failure instanceof MismatchedInputException mismatch ? mismatch(mismatch) : null;
    }

    private static @Nullable String mismatch(MismatchedInputException mismatch) {
        Class<?> target = mismatch.getTargetType();
        if (target == null) {
            return null;
        }
        String found = found(mismatch.getCurrentToken());
        return "expected %s%s%s".formatted(name(target), constants(target), found == null ? "" : ", found " + found);
    }

    private static String constants(Class<?> type) {
        Object[] constants = type.getEnumConstants();
        return constants == null
                ? ""
                : Arrays.stream(constants)
                        .limit(MOST_NAMES)
                        .map(constant -> ((Enum<?>) constant).name())
                        .collect(Collectors.joining(", ", " (", constants.length > MOST_NAMES ? ", ...)" : ")"));
    }

    // names that the class declares, not names from the payload
    private static String fields(@Nullable Collection<Object> known) {
        return known == null || known.isEmpty()
                ? ""
                : known.stream()
                        .map(String::valueOf)
                        .sorted()
                        .limit(MOST_NAMES)
                        .collect(Collectors.joining(", ", "; it has ", known.size() > MOST_NAMES ? ", ..." : ""));
    }

    private static @Nullable String found(@Nullable JsonToken token) {
        if (token == null) {
            return null;
        }
        return switch (token) {
            case START_OBJECT, PROPERTY_NAME -> "an object";
            case START_ARRAY -> "an array";
            case END_OBJECT, END_ARRAY -> "nothing";
            case VALUE_STRING -> "a text";
            case VALUE_NUMBER_INT -> "a whole number";
            case VALUE_NUMBER_FLOAT -> "a number with a fraction";
            case VALUE_TRUE, VALUE_FALSE -> "a boolean";
            case VALUE_NULL -> "null";
            case VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE -> null;
        };
    }

    private static String name(@Nullable Class<?> type) {
        return type == null ? "its type" : type.getTypeName();
    }

    private static String name(@Nullable JavaType type) {
        return name(type == null ? null : type.getRawClass());
    }
}
