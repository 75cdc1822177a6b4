package io.reliablemessaging.payload;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Executable;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.util.ClassUtils;

/**
 * Finds parts of Jackson 2 in payloads: Jackson 3 writes its trees as the properties of their classes, and ignores
 * its annotations. Works by names, since Jackson 2 may be absent. The annotations in {@code com.fasterxml.jackson.annotation}
 * belong to both versions.
 */
final class Jackson2 {

    // types that write themselves with Jackson 2: its trees, raw
    // values, and classes of the application that do the same
    private static final Set<String> WRITES_ITSELF = Set.of(
            "com.fasterxml.jackson.core.TreeNode",
            "com.fasterxml.jackson.databind.JsonSerializable",
            "com.fasterxml.jackson.databind.util.TokenBuffer");

    private static final String ANNOTATIONS = "com.fasterxml.jackson.databind.annotation.";
    private static final String SUCCESSORS = "tools.jackson.databind.annotation.";

    private static final ClassValue<Boolean> TREES = new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
            return hierarchy(type).anyMatch(each -> WRITES_ITSELF.contains(each.getName()));
        }
    };

    private Jackson2() {}

    /**
     * An annotation that Jackson 3 ignores.
     *
     * @param name its simple name
     */
    record Ignored(String name) {

        /** Returns the name that it was imported by. */
        String imported() {
            return ANNOTATIONS + name;
        }

        /** Returns the name to import instead. */
        String successor() {
            return SUCCESSORS + name;
        }
    }

    /** Tells whether only Jackson 2 can write objects of this class correctly. */
    static boolean isTree(Class<?> type) {
        return TREES.get(type);
    }

    /** Finds the first class in this type, including its type arguments, that only Jackson 2 can create from JSON. */
    static Optional<Class<?>> treeIn(@Nullable Type type) {
        if (type instanceof Class<?> plain) {
            Class<?> single = plain.isArray() ? plain.getComponentType() : plain;
            return single.isArray()
                    ? treeIn(single)
                    : Optional.<Class<?>>of(single).filter(Jackson2::isTree);
        }
        if (type instanceof ParameterizedType generic) {
            return treeIn(generic.getRawType()).or(() -> treeIn(generic.getActualTypeArguments()));
        }
        if (type instanceof GenericArrayType array) {
            return treeIn(array.getGenericComponentType());
        }
        return type instanceof WildcardType wildcard ? treeIn(wildcard.getUpperBounds()) : Optional.empty();
    }

    private static Optional<Class<?>> treeIn(Type[] types) {
        return Arrays.stream(types)
                .map(Jackson2::treeIn)
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** Finds the first annotation on a class, its members and supertypes that Jackson 3 ignores. */
    static Optional<Ignored> ignoredAnnotation(Class<?> type) {
        return hierarchy(type)
                .filter(each -> !each.getName().startsWith("java."))
                .flatMap(Jackson2::annotated)
                .map(Jackson2::ignored)
                .flatMap(Optional::stream)
                .findFirst();
    }

    private static Optional<Ignored> ignored(AnnotatedElement element) {
        Set<String> names = new LinkedHashSet<>();
        for (Annotation annotation : element.getDeclaredAnnotations()) {
            names.add(annotation.annotationType().getName());
        }
        return names.stream()
                .filter(name -> name.startsWith(ANNOTATIONS))
                .map(name -> new Ignored(name.substring(ANNOTATIONS.length())))
                .filter(ignored -> !names.contains(ignored.successor())) // a class made for both versions
                .findFirst();
    }

    private static Stream<AnnotatedElement> annotated(Class<?> type) {
        Stream<AnnotatedElement> members = Stream.of(
                        type.getDeclaredFields(), type.getDeclaredMethods(), type.getDeclaredConstructors())
                .flatMap(Arrays::stream);
        return Stream.concat(Stream.of(type), members.flatMap(Jackson2::withParameters));
    }

    private static Stream<AnnotatedElement> withParameters(AnnotatedElement member) {
        return member instanceof Executable called
                ? Stream.concat(Stream.of(member), Arrays.stream(called.getParameters()))
                : Stream.of(member);
    }

    private static Stream<Class<?>> hierarchy(Class<?> type) {
        Set<Class<?>> all = new LinkedHashSet<>();
        for (Class<?> each = type; each != null; each = each.getSuperclass()) {
            all.add(each);
        }
        all.addAll(ClassUtils.getAllInterfacesForClassAsSet(type));
        return all.stream();
    }
}
