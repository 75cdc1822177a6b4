package io.reliablemessaging.settings;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.ConfigurableEnvironment;

/** Wires the check that refuses unknown settings. */
@AutoConfiguration(afterName = "io.reliablemessaging.payload.PayloadAutoConfiguration")
@ConditionalOnBean(type = "io.reliablemessaging.wire.KafkaConnection") // if we are switched off, nothing is refused
public final class SettingsAutoConfiguration {

    SettingsAutoConfiguration() {}

    @Bean
    static UnknownSettings reliableMessagingUnknownSettings(ConfigurableEnvironment environment) {
        return new UnknownSettings(environment);
    }
}
