package io.reliablemessaging.settings;

import java.util.List;
import java.util.stream.Collectors;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.core.Ordered;
import org.springframework.core.PriorityOrdered;
import org.springframework.core.env.ConfigurableEnvironment;

/** Refuses to start with settings that nothing reads: after a typing error, a default would silently stay in place. */
final class UnknownSettings implements BeanFactoryPostProcessor, PriorityOrdered {

    private static final ConfigurationPropertyName OURS = ConfigurationPropertyName.of(KnownSettings.PREFIX);

    private final ConfigurableEnvironment environment;

    UnknownSettings(ConfigurableEnvironment environment) {
        this.environment = environment;
    }

    @Override
    public void postProcessBeanFactory(ConfigurableListableBeanFactory beans) {
        List<SetProperty> written = SetProperty.written(environment, OURS);
        if (written.isEmpty()) {
            return;
        }
        KnownSettings known = KnownSettings.onTheClassPath(beans.getBeanClassLoader());
        List<SetProperty> unknown =
                written.stream().filter(property -> !known.contains(property)).toList();
        if (known.hasOurs() && !unknown.isEmpty()) {
            throw refusal(unknown, known);
        }
    }

    private static StartupRefusal refusal(List<SetProperty> unknown, KnownSettings known) {
        return new StartupRefusal(
                unknown.stream()
                        .map(property -> "  - %s, from %s%n    %s"
                                .formatted(property.name(), property.origin(), known.hint(property.name())))
                        .collect(Collectors.joining(
                                System.lineSeparator(),
                                "These settings do not exist, so they would have no effect:%n%n".formatted(),
                                "")),
                "Correct or remove them. A setting of a later release goes into the configuration after the upgrade; settings of"
                        + " your own need another prefix than '%s'".formatted(KnownSettings.PREFIX));
    }

    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE; // before any properties are bound and any bean is created
    }
}
