package io.reliablemessaging.schema;

import io.reliablemessaging.text.ReadableLogger;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.autoconfigure.AutoConfigurationPackages;

/**
 * The name of the application to which a schema belongs.
 *
 * @param name the name
 * @param given whether the name was configured; otherwise it is the application's base package
 */
record ApplicationName(String name, boolean given) {

    /** The name of all applications without a name in earlier releases. */
    static final String UNNAMED = "application";

    private static final Logger log = ReadableLogger.of(ApplicationName.class);

    static ApplicationName given(String name) {
        return new ApplicationName(name, true);
    }

    /**
     * Determines the name of the application.
     *
     * @param configured the value of {@code reliable-messaging.application}
     * @param springs the value of {@code spring.application.name}
     * @throws UnnamedApplicationException if there is neither of them, nor a base package
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
                "Set spring.application.name: this application has no name, so reliable messaging uses its base package '{}'"
                        + " as the name, and refuses its schema to applications with another name",
                packages.get(0));
        return new ApplicationName(packages.get(0), false);
    }
}
