package io.reliablemessaging.producer;

import io.reliablemessaging.MessageSender;
import io.reliablemessaging.payload.MessageEncoder;
import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.wire.ClientObserver;
import io.reliablemessaging.wire.KafkaConnection;
import java.time.Duration;
import java.util.Map;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/** Wires direct sending, which needs no database. */
@AutoConfiguration(afterName = "io.reliablemessaging.payload.PayloadAutoConfiguration")
@ConditionalOnBean(KafkaConnection.class)
@EnableConfigurationProperties(SenderProperties.class)
@Import(ProducerWiring.class)
public final class SenderAutoConfiguration {

    SenderAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean(MessageSender.class)
    DirectSender reliableMessagingSender(
            MessageEncoder encoder,
            ProducerConfiguration producers,
            MessageTracing tracing,
            ObjectProvider<ClientObserver> clients,
            SenderProperties settings) {
        Duration timeout = settings.timeout();
        Map<String, Object> config = DirectSender.bounded(producers.within(timeout), timeout);
        return new DirectSender(
                encoder, () -> new ObservedProducer(config, "sender", ClientObserver.of(clients)), timeout, tracing);
    }
}
