package io.reliablemessaging.payload;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.beans.Introspector;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.util.ClassUtils;
import tools.jackson.core.JacksonException.Reference;

/**
 * Writes the path to a field, like {@code items[3].price}. Shows only names that a class declares; all others, such as the
 * keys of a map or unknown fields, come from the payload and are shown as a star.
 */
final class JsonPlace {

    private static final String FROM_THE_PAYLOAD = "*";

    private JsonPlace() {}

    static String of(@Nullable List<Reference> path) {
        StringBuilder text = new StringBuilder();
        for (Reference step : path == null ? List.<Reference>of() : path) {
            String name = step.getPropertyName();
            if (name == null) {
                text.append(step.getIndex() < 0 ? "" : "[%d]".formatted(step.getIndex()));
            } else {
                text.append(text.isEmpty() ? "" : ".")
                        .append(isDeclared(typeOf(step, name), name) ? name : FROM_THE_PAYLOAD);
            }
        }
        return text.toString();
    }

    // a deserialized exception has only a description of the object, like com.acme.Order["items"]
    private static @Nullable Class<?> typeOf(Reference step, String name) {
        Object from = step.from();
        if (from != null) {
            return from instanceof Class<?> type ? type : from.getClass();
        }
        String description = String.valueOf(step.getDescription());
        String end = "[\"" + name + "\"]";
        if (!description.endsWith(end)) {
            return null;
        }
        String type = description.substring(0, description.length() - end.length());
        try {
            return ClassUtils.forName(type, null);
        } catch (ClassNotFoundException | LinkageError e) {
            return null;
        }
    }

    private static boolean isDeclared(@Nullable Class<?> type, String name) {
        if (type == null || Map.class.isAssignableFrom(type)) {
            return false;
        }
        String wanted = plain(name);
        try {
            return names(type).anyMatch(declared -> plain(declared).equals(wanted));
        } catch (LinkageError e) {
            return false; // a class that one of its members uses is missing
        }
    }

    // naming strategies change only case and the characters between words
    private static String plain(String name) {
        return name.replaceAll("[_\\-.]", "").toLowerCase(Locale.ROOT);
    }

    private static Stream<String> names(Class<?> type) {
        Stream<String> names = Stream.empty();
        for (Class<?> each = type; each != null && each != Object.class; each = each.getSuperclass()) {
            names = Stream.of(
                            names,
                            Stream.of(each.getDeclaredFields()).flatMap(JsonPlace::ofField),
                            Stream.of(each.getDeclaredMethods()).flatMap(JsonPlace::ofMethod),
                            Stream.of(each.getDeclaredConstructors()).flatMap(JsonPlace::ofConstructor))
                    .flatMap(part -> part);
        }
        return names;
    }

    private static Stream<String> ofField(Field field) {
        return Stream.concat(Stream.of(field.getName()), annotated(field));
    }

    private static Stream<String> ofMethod(Method method) {
        String name = method.getName();
        Stream<String> property = name.length() > 3 && (name.startsWith("set") || name.startsWith("get"))
                ? Stream.of(Introspector.decapitalize(name.substring(3)))
                : Stream.empty();
        return Stream.of(property, annotated(method), parameters(method)).flatMap(part -> part);
    }

    private static Stream<String> ofConstructor(Constructor<?> constructor) {
        return parameters(constructor);
    }

    private static Stream<String> parameters(Executable executable) {
        return Stream.of(executable.getParameters()).flatMap(JsonPlace::annotated);
    }

    private static Stream<String> annotated(AnnotatedElement element) {
        JsonProperty property = element.getAnnotation(JsonProperty.class);
        JsonAlias alias = element.getAnnotation(JsonAlias.class);
        return Stream.concat(
                property == null ? Stream.empty() : Stream.of(property.value()),
                alias == null ? Stream.empty() : Stream.of(alias.value()));
    }
}
