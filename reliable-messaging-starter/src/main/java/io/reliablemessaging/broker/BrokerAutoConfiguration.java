package io.reliablemessaging.broker;

import io.reliablemessaging.wire.KafkaConnection;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;

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
    @Lazy(false) // nobody asks for it
    HostProducerCheck reliableMessagingHostProducerCheck(
            KafkaConnection kafka, KafkaProperties properties, DurabilityProperties durability) {
        return new HostProducerCheck(kafka, properties, durability.mode());
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
    ShareGroups reliableMessagingShareGroups(KafkaConnection kafka) {
        return new ShareGroups(kafka.admin());
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

    @Bean
    TopicPreflight reliableMessagingTopicPreflight(KafkaConnection kafka) {
        return new TopicPreflight(kafka.admin(), kafka.producer());
    }

    @Bean
    ClusterDiagnosis reliableMessagingClusterDiagnosis(KafkaConnection kafka) {
        return new ClusterDiagnosis(kafka.admin());
    }
}
