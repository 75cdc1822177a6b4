package io.reliablemessaging.settings;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.ConfigurableEnvironment;

/** Wires the refusal of settings that do not exist. */
@AutoConfiguration(afterName = "io.reliablemessaging.wire.WireAutoConfiguration")
@ConditionalOnBean(type = "io.reliablemessaging.wire.KafkaConnection") // switched off, we refuse nothing
public final class SettingsAutoConfiguration {

    SettingsAutoConfiguration() {}

    @Bean
    static UnknownSettings reliableMessagingUnknownSettings(ConfigurableEnvironment environment) {
        return new UnknownSettings(environment);
    }
}
