package io.reliablemessaging.listener;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;
import org.springframework.kafka.annotation.KafkaListener;

/** Wires the refusal of listeners where nothing would call them. */
@AutoConfiguration(afterName = "io.reliablemessaging.listener.ListenerAutoConfiguration")
@ConditionalOnClass(KafkaListener.class)
@ConditionalOnMissingBean(name = ListenerAutoConfiguration.FACTORY)
public final class UncalledListenersAutoConfiguration {

    UncalledListenersAutoConfiguration() {}

    @Bean
    static UncalledListeners reliableMessagingUncalledListeners(Environment environment) {
        return new UncalledListeners(environment);
    }
}
