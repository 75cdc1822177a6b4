package io.reliablemessaging.faults;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.AsmVisitorWrapper;
import net.bytebuddy.dynamic.DynamicType;
import net.bytebuddy.matcher.ElementMatchers;

/**
 * Classes of the library with something woven in, to be put in the place of the real ones: a mechanism is missing, or there is a
 * gate in the way. A class, method or text that does not exist fails the making, so that a mutant cannot come to mean nothing.
 */
final class Mutant {

    private static final String LIBRARY = "io.reliablemessaging.";

    private final Map<String, List<AsmVisitorWrapper>> changes = new LinkedHashMap<>();

    /** Weaves advice into the methods of that name. */
    Mutant with(String type, String method, Class<?> advice) {
        if (real(type).getDeclaredMethods().length == 0
                || java.util.Arrays.stream(real(type).getDeclaredMethods())
                        .noneMatch(each -> each.getName().equals(method))) {
            throw new IllegalArgumentException("No method " + method + " in " + type + " to break");
        }
        return with(type, Advice.to(advice).on(ElementMatchers.named(method)));
    }

    /** Replaces a part of the texts in the class. */
    Mutant withText(String type, String from, String to) {
        return with(type, new TextReplacement(from, to));
    }

    private Mutant with(String type, AsmVisitorWrapper change) {
        changes.computeIfAbsent(type, name -> new ArrayList<>()).add(change);
        return this;
    }

    /** Both changes. */
    Mutant and(Mutant other) {
        Mutant both = new Mutant();
        changes.forEach((type, all) -> all.forEach(change -> both.with(type, change)));
        other.changes.forEach((type, all) -> all.forEach(change -> both.with(type, change)));
        return both;
    }

    /** Writes the classes below the directory. */
    void writeTo(Path directory) throws IOException {
        for (Map.Entry<String, List<AsmVisitorWrapper>> each : changes.entrySet()) {
            DynamicType.Builder<?> type = new ByteBuddy().redefine(real(each.getKey()));
            for (AsmVisitorWrapper change : each.getValue()) {
                type = type.visit(change);
            }
            type.make().saveIn(directory.toFile());
            for (AsmVisitorWrapper change : each.getValue()) {
                if (change instanceof TextReplacement text) {
                    text.requireDone(each.getKey());
                }
            }
        }
    }

    private static Class<?> real(String type) {
        try {
            return Class.forName(LIBRARY + type);
        } catch (ClassNotFoundException e) {
            throw new IllegalArgumentException("No class " + type + " to break", e);
        }
    }
}
