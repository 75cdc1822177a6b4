package io.reliablemessaging.text;

import io.reliablemessaging.text.LoggingProperties.Exceptions;
import io.reliablemessaging.text.LoggingProperties.Keys;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;

/**
 * Holds the settings for what log lines may say. There is one for the JVM, as there is one logging system: loggers are static,
 * and the application that was started last decides.
 */
public final class LogStyle {

    private static volatile LoggingProperties current = new LoggingProperties(Keys.HASH, Exceptions.FULL);

    private LogStyle() {}

    /** Returns the present settings. */
    public static LoggingProperties current() {
        return current;
    }

    /** Creates a post processor that reads the settings before any bean of ours can write a line. */
    public static BeanFactoryPostProcessor postProcessor(Environment environment) {
        return beans -> use(Binder.get(environment).bindOrCreate(LoggingProperties.PREFIX, LoggingProperties.class));
    }

    static void use(LoggingProperties properties) {
        current = properties;
    }
}
