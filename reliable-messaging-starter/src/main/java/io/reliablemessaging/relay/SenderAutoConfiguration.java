package io.reliablemessaging.relay;

import io.reliablemessaging.MessageSender;
import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.wire.KafkaConnection;
import io.reliablemessaging.wire.MessageEncoder;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/** Wires direct sending, which needs no database. */
@AutoConfiguration(afterName = "io.reliablemessaging.wire.WireAutoConfiguration")
@ConditionalOnBean(KafkaConnection.class)
@EnableConfigurationProperties(SenderProperties.class)
public final class SenderAutoConfiguration {

    SenderAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean(MessageSender.class)
    DirectSender reliableMessagingSender(
            MessageEncoder encoder, KafkaConnection kafka, MessageTracing tracing, SenderProperties settings) {
        return new DirectSender(encoder, kafka.producer(), settings.timeout(), tracing);
    }
}
