package io.reliablemessaging.schema;

import io.reliablemessaging.text.ReadableLogger;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.autoconfigure.AutoConfigurationPackages;

/**
 * Name by which a schema belongs to an application.
 *
 * @param name the name
 * @param given whether the application has been given it; otherwise it is its base package
 */
record ApplicationName(String name, boolean given) {

    /** What applications without a name were known by in earlier releases, all of them. */
    static final String UNNAMED = "application";

    private static final Logger log = ReadableLogger.of(ApplicationName.class);

    static ApplicationName given(String name) {
        return new ApplicationName(name, true);
    }

    /**
     * Chooses the name of an application.
     *
     * @param configured the value of {@code reliable-messaging.application}
     * @param springs the value of {@code spring.application.name}
     * @throws UnnamedApplicationException if it has neither, and no base package
     */
    static ApplicationName of(@Nullable String configured, String springs, BeanFactory beans) {
        if (configured != null) {
            return given(configured);
        }
        if (!springs.isBlank()) {
            return given(springs);
        }
        List<String> packages = AutoConfigurationPackages.has(beans) ? AutoConfigurationPackages.get(beans) : List.of();
        if (packages.isEmpty()) {
            throw new UnnamedApplicationException();
        }
        log.warn(
                "Set spring.application.name: this application has no name, so reliable messaging knows it by its base package,"
                        + " '{}', and keeps applications with another one out of its schema",
                packages.get(0));
        return new ApplicationName(packages.get(0), false);
    }
}
