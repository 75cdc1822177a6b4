package io.reliablemessaging.handler;

import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.Optional;
import java.util.stream.Stream;
import org.springframework.core.ResolvableType;

/** Resolves the types of payloads, with type variables replaced as the bean's class declares them. */
final class PayloadTypes {

    private PayloadTypes() {}

    /** Tells whether a type argument is missing or {@code ?}. */
    static boolean saysNothing(ResolvableType owner, ResolvableType argument) {
        Type type = argument.getType();
        return argument.equals(ResolvableType.NONE)
                || isOwn(owner, type)
                || (type instanceof WildcardType && argument.resolve() == null);
    }

    /** Returns the type with variables and wildcards replaced by their type or bound; empty if one of them has none. */
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

    /** Tells whether a class was named without type arguments, so that its own type variable stands in their place. */
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
