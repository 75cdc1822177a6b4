package io.reliablemessaging.broker;

import io.reliablemessaging.ReliableTopic;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.topics.DeadLetterTopicProperties;
import io.reliablemessaging.topics.KnownTopics;
import io.reliablemessaging.topics.ListenedTopics;
import io.reliablemessaging.topics.ProvisionProperties;
import io.reliablemessaging.topics.PublishedTopics;
import io.reliablemessaging.topics.ShareGroups;
import io.reliablemessaging.topics.TopicIds;
import io.reliablemessaging.topics.TopicPreflight;
import io.reliablemessaging.topics.TopicProvisioner;
import io.reliablemessaging.topics.TopicRules;
import io.reliablemessaging.topics.TopicStartup;
import io.reliablemessaging.topics.TopicsProperties;
import io.reliablemessaging.wire.KafkaConnection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.NewTopic;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.util.function.SingletonSupplier;

/** Wires the topics, the checks of the cluster and of the host's own producers. */
@AutoConfiguration(afterName = "io.reliablemessaging.payload.PayloadAutoConfiguration")
@ConditionalOnBean(KafkaConnection.class)
@EnableConfigurationProperties({TopicsProperties.class, ProvisionProperties.class, DeadLetterTopicProperties.class})
public final class BrokerAutoConfiguration {

    BrokerAutoConfiguration() {}

    @Bean
    HostProducerDefaults reliableMessagingHostProducerDefaults() {
        return new HostProducerDefaults();
    }

    @Bean
    ProducerCheck reliableMessagingProducerCheck(
            KafkaConnection kafka, KafkaProperties properties, ConfigurableListableBeanFactory beans) {
        return new ProducerCheck(kafka, properties, beans);
    }

    @Bean
    ListenedTopics reliableMessagingListenedTopics() {
        return new ListenedTopics();
    }

    @Bean
    PublishedTopics reliableMessagingPublishedTopics() {
        return new PublishedTopics();
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
    KnownTopics reliableMessagingKnownTopics(
            TopicsProperties properties,
            ObjectProvider<ReliableTopic> beans,
            ListenedTopics listened,
            PublishedTopics published,
            ObjectProvider<NewTopic> hosts) {
        Map<String, ReliableTopic> declared = new TreeMap<>();
        beans.orderedStream().forEach(topic -> declared.put(topic.name(), topic));
        properties
                .topics()
                .forEach((name, topic) -> declared.compute(
                        name, (same, bean) -> topic.over(bean == null ? ReliableTopic.named(name) : bean)));
        Supplier<Set<String>> names =
                SingletonSupplier.of(() -> hosts.stream().map(NewTopic::name).collect(Collectors.toSet()));
        return new KnownTopics(declared, listened, published, names);
    }

    @Bean
    TopicStartup reliableMessagingBrokerStage(
            KnownTopics topics,
            KafkaConnection kafka,
            ProvisionProperties provision,
            DeadLetterTopicProperties deadLetters,
            ObjectProvider<Infrastructure> infrastructure) {
        Infrastructure known = infrastructure.getIfAvailable(); // none without a database
        Predicate<Throwable> toldElsewhere = known == null ? failure -> false : known.kafka()::suspect;
        TopicProvisioner provisioner = new TopicProvisioner(topics, deadLetters.redriveWindow());
        return new TopicStartup(provisioner, kafka.admin(), provision.provision(), toldElsewhere);
    }

    @Bean
    BrokerCheck reliableMessagingBrokerCheck(
            TopicStartup stage, KnownTopics topics, KafkaConnection kafka, DeadLetterTopicProperties deadLetters) {
        TopicRules rules =
                new TopicRules(topics, deadLetters.redriveWindow(), ProducerSafety.maxRequestSize(kafka.producer()));
        return new BrokerCheck(stage, topics, rules, kafka.admin());
    }

    @Bean
    TopicPreflight reliableMessagingTopicPreflight(KafkaConnection kafka) {
        return new TopicPreflight(kafka.admin(), kafka.producer());
    }

    @Bean
    ClusterDiagnosis reliableMessagingClusterDiagnosis(KafkaConnection kafka) {
        return new ClusterDiagnosis(kafka.admin());
    }

    @Bean
    RecordSearch reliableMessagingRecordSearch(KnownTopics topics, KafkaConnection kafka) {
        return new RecordSearch(topics, kafka);
    }
}
