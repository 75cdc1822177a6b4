package io.reliablemessaging.handler;

import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.Optional;
import java.util.stream.Stream;
import org.springframework.core.ResolvableType;

/** Types of payloads, with what the bean's class says of their variables put in. */
final class PayloadTypes {

    private PayloadTypes() {}

    /** Whether a type argument says nothing: it was left out, or is {@code ?}. */
    static boolean saysNothing(ResolvableType owner, ResolvableType argument) {
        Type type = argument.getType();
        return argument.equals(ResolvableType.NONE)
                || isOwn(owner, type)
                || (type instanceof WildcardType && argument.resolve() == null);
    }

    /** The type without variables and wildcards, which become what they stand for or their bound; empty if nothing says it. */
    static Optional<Type> resolved(ResolvableType type) {
        if (!isOpen(type.getType())) {
            return Optional.of(type.getType());
        }
        Class<?> raw = type.resolve();
        if (raw == null) {
            return Optional.empty();
        }
        if (type.isArray()) {
            return resolved(type.getComponentType())
                    .map(component ->
                            ResolvableType.forType(component).toClass().arrayType());
        }
        ResolvableType[] arguments = type.getGenerics();
        ResolvableType[] known = new ResolvableType[arguments.length];
        for (int i = 0; i < arguments.length; i++) {
            Optional<Type> argument =
                    saysNothing(type, arguments[i]) ? Optional.of(Object.class) : resolved(arguments[i]);
            if (argument.isEmpty()) {
                return Optional.empty();
            }
            known[i] = ResolvableType.forType(argument.get());
        }
        return Optional.of(
                known.length == 0
                        ? raw
                        : ResolvableType.forClassWithGenerics(raw, known).getType());
    }

    /** Whether a class was named without its type arguments: what it declares itself stands in their place. */
    private static boolean isOwn(ResolvableType owner, Type argument) {
        return argument instanceof TypeVariable<?> variable && variable.getGenericDeclaration() == owner.resolve();
    }

    private static boolean isOpen(Type type) {
        if (type instanceof ParameterizedType parameterized) {
            return Stream.of(parameterized.getActualTypeArguments()).anyMatch(PayloadTypes::isOpen);
        }
        if (type instanceof GenericArrayType array) {
            return isOpen(array.getGenericComponentType());
        }
        return type instanceof TypeVariable || type instanceof WildcardType;
    }
}
