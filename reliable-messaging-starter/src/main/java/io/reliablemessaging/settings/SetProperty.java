package io.reliablemessaging.settings;

import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.boot.context.properties.source.UnboundElementsSourceFilter;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * A property that is set.
 *
 * @param name its name
 * @param isBlank whether its value is empty, as for {@code listener:} in YAML if everything below it is commented out
 * @param origin file and line, or the name of the source
 */
record SetProperty(ConfigurationPropertyName name, boolean isBlank, String origin) {

    /**
     * Lists all properties below a prefix that were written for us. Leaves out environment variables and system properties: a
     * Kubernetes service with our name creates some, and they are shared with other processes.
     */
    static List<SetProperty> written(ConfigurableEnvironment environment, ConfigurationPropertyName prefix) {
        UnboundElementsSourceFilter written = new UnboundElementsSourceFilter();
        return sources(environment)
                .filter(source -> written.apply(source)
                        && !(source.getUnderlyingSource() instanceof SystemEnvironmentPropertySource))
                .flatMap(source -> written(source, prefix))
                .distinct()
                .toList();
    }

    private static Stream<SetProperty> written(ConfigurationPropertySource source, ConfigurationPropertyName prefix) {
        if (!(source instanceof IterableConfigurationPropertySource iterable)) {
            return Stream.empty();
        }
        return iterable.stream()
                .filter(prefix::isAncestorOf)
                .map(source::getConfigurationProperty)
                .flatMap(Stream::ofNullable)
                .map(property -> new SetProperty(property.getName(), isBlank(property), origin(property, source)));
    }

    /** Returns where a property is set; null if it is not set. */
    static @Nullable String origin(Environment environment, ConfigurationPropertyName name) {
        return environment instanceof ConfigurableEnvironment configurable
                ? sources(configurable)
                        .flatMap(source -> Stream.ofNullable(source.getConfigurationProperty(name))
                                .map(property -> origin(property, source)))
                        .findFirst()
                        .orElse(null)
                : null;
    }

    private static Stream<ConfigurationPropertySource> sources(ConfigurableEnvironment environment) {
        return StreamSupport.stream(
                ConfigurationPropertySources.from(environment.getPropertySources())
                        .spliterator(),
                false);
    }

    private static boolean isBlank(ConfigurationProperty property) {
        return property.getValue().toString().isBlank();
    }

    private static String origin(ConfigurationProperty property, ConfigurationPropertySource source) {
        if (property.getOrigin() != null) {
            return property.getOrigin().toString();
        }
        return source.getUnderlyingSource() instanceof PropertySource<?> named
                ? "'%s'".formatted(named.getName())
                : "another source";
    }
}
