package io.reliablemessaging.broker;

import io.reliablemessaging.wire.KafkaConnection;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/** Wires what we ask of the broker, and of the host's own producer. */
@AutoConfiguration(afterName = "io.reliablemessaging.wire.WireAutoConfiguration")
@ConditionalOnBean(KafkaConnection.class)
@EnableConfigurationProperties({DurabilityProperties.class, TopicsProperties.class})
public final class BrokerAutoConfiguration {

    BrokerAutoConfiguration() {}

    @Bean
    HostProducerDefaults reliableMessagingHostProducerDefaults() {
        return new HostProducerDefaults();
    }

    @Bean
    HostProducerCheck reliableMessagingHostProducerCheck(Environment environment, DurabilityProperties durability) {
        return new HostProducerCheck(environment, durability.mode());
    }

    @Bean
    ListenedTopics reliableMessagingListenedTopics() {
        return new ListenedTopics();
    }

    @Bean
    TopicIds reliableMessagingTopicIds(KafkaConnection kafka) {
        return new TopicIds(kafka.admin());
    }

    @Bean
    BrokerStage reliableMessagingBrokerStage(
            TopicsProperties properties,
            ListenedTopics listened,
            KafkaConnection kafka,
            DurabilityProperties durability) {
        TopicProvisioner provisioner = new TopicProvisioner(properties.topics(), listened);
        return new BrokerStage(provisioner, kafka.admin(), durability.mode());
    }
}
