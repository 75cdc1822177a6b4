package io.reliablemessaging.text;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Distinguishes stack frames of the application from those of libraries, from ours, and from plumbing between two calls. */
final class ApplicationFrames {

    private static final String OURS = "io.reliablemessaging.";
    private static final String SAMPLE = OURS + "sample.";

    private static final List<String> LIBRARIES = List.of(
            "java.",
            "javax.",
            "jdk.",
            "sun.",
            "com.sun.",
            "jakarta.",
            "kotlin.",
            "kotlinx.",
            "groovy.",
            "scala.",
            "org.springframework.",
            "org.apache.kafka.",
            "org.hibernate.",
            "org.postgresql.",
            "tools.jackson.",
            "com.fasterxml.jackson.",
            "com.zaxxer.",
            "io.micrometer.");

    private static final List<String> LEADING = List.of(
            "java.lang.reflect.",
            "java.lang.invoke.",
            "jdk.internal.reflect.",
            "jdk.internal.vm.",
            "sun.reflect.",
            "java.util.concurrent.",
            "java.lang.Thread",
            "java.lang.VirtualThread",
            "org.springframework.aop.",
            "org.springframework.cglib.",
            "org.springframework.util.ReflectionUtils",
            "org.springframework.transaction.");

    private static final List<String> PROXIES = List.of(
            "$$SpringCGLIB$$", "$$EnhancerBy", "$$FastClass", "$$Lambda", "$Proxy", "$HibernateProxy", "$ByteBuddy$");

    private ApplicationFrames() {}

    /** Tells whether the frame is of the application's own code. */
    static boolean isOfTheApplication(@Nullable StackTraceElement frame) {
        return frame != null && !isOurs(frame) && !isProxy(frame) && !startsWith(frame, LIBRARIES);
    }

    /** Tells whether the frame only leads from one call to the next: proxies, reflection, interceptors, and all of our code. */
    static boolean isPlumbing(@Nullable StackTraceElement frame) {
        return frame == null || isOurs(frame) || isProxy(frame) || startsWith(frame, LEADING);
    }

    private static boolean isOurs(StackTraceElement frame) {
        String name = frame.getClassName();
        return name.startsWith(OURS) && !name.startsWith(SAMPLE);
    }

    private static boolean isProxy(StackTraceElement frame) {
        return PROXIES.stream().anyMatch(frame.getClassName()::contains);
    }

    private static boolean startsWith(StackTraceElement frame, List<String> names) {
        return names.stream().anyMatch(frame.getClassName()::startsWith);
    }
}
