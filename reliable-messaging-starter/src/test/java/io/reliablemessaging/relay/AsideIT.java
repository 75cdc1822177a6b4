package io.reliablemessaging.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.Trouble;
import io.reliablemessaging.Trouble.Kind;
import io.reliablemessaging.producer.ProducerConfiguration;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.LogCapture;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.test.SharedServers;
import io.reliablemessaging.wire.KafkaConnection;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.Partitioner;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** An instance that Kafka refuses leaves its lanes to one that it does not, and takes some again when that is over. */
class AsideIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Healthy {}

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Sick {

        /** As no host can: Kafka's word about wrong rights comes from a partitioner here. */
        @Bean
        @Primary
        ProducerConfiguration refused(KafkaConnection kafka) {
            return new ProducerConfiguration(kafka.producer()) {
                @Override
                public Map<String, Object> within(Duration limit) {
                    Map<String, Object> config = new HashMap<>(super.within(limit));
                    config.put(ProducerConfig.PARTITIONER_CLASS_CONFIG, Refusing.class.getName());
                    return config;
                }
            };
        }
    }

    public static class Refusing implements Partitioner {

        static volatile boolean refuses;

        @Override
        public int partition(
                String topic, Object key, byte[] keyBytes, Object value, byte[] valueBytes, Cluster cluster) {
            if (refuses) {
                throw new ClusterAuthorizationException("Cluster authorization failed.");
            }
            return 0;
        }

        @Override
        public void close() {}

        @Override
        public void configure(Map<String, ?> configs) {}
    }

    private final String database = HostApplication.newDatabase();
    private final KafkaTopic topic =
            KafkaTopic.create(SharedServers.kafka().bootstrapServers(), "aside-" + UUID.randomUUID(), 1);

    @Test
    void oneThatKafkaRefusesLeavesItsLanesAndComesBack() {
        Refusing.refuses = true;
        try (ConfigurableApplicationContext healthy = start(Healthy.class);
                ConfigurableApplicationContext sick = start(Sick.class);
                LogCapture log = LogCapture.start()) {
            await().until(() -> lanes(healthy).size() == 16 && lanes(sick).size() == 16);
            String key = keyOf(sick);
            publish(healthy, key, "first");
            publish(sick, key, "second");
            assertThat(topic.awaitValues(2)).containsExactly("first", "second");
            await().until(() -> lanes(healthy).size() == 32 && lanes(sick).isEmpty());
            await().untilAsserted(() -> assertThat(troubles(sick)).contains(Kind.RELAY_ASIDE, Kind.RELAY_REFUSED));
            assertThat(troubles(healthy)).isEmpty();
            assertThat(log.ours("It leaves its lanes to them")).hasSize(1);
            // an instance of an earlier version must not leave lanes for it either
            assertThat(sql(healthy)
                            .queryForObject(
                                    "select count(*) from reliable_messaging.relay_instance where expires_at > now()",
                                    Integer.class))
                    .isOne();

            Refusing.refuses = false;
            await().until(() -> lanes(healthy).size() == 16 && lanes(sick).size() == 16);
            publish(healthy, keyOf(sick), "third");
            assertThat(topic.awaitValues(3)).containsExactly("first", "second", "third");
            await().untilAsserted(() -> assertThat(troubles(sick)).isEmpty());
        }
    }

    private ConfigurableApplicationContext start(Class<?> host) {
        return HostApplication.onSharedServers(host)
                .on(SharedServers.postgres(), database)
                .with(
                        "spring.datasource.hikari.maximum-pool-size=8",
                        "reliable-messaging.relay.lease=2s",
                        "spring.jmx.enabled=false")
                .run();
    }

    private static List<Kind> troubles(ConfigurableApplicationContext instance) {
        return instance.getBean(MessagingOperations.class).troubles().stream()
                .map(Trouble::kind)
                .toList();
    }

    private void publish(ConfigurableApplicationContext instance, String key, String value) {
        instance.getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> instance.getBean(MessagePublisher.class).publish(topic.name(), key, value));
    }

    private static Set<Integer> lanes(ConfigurableApplicationContext instance) {
        return instance.getBean(RelayState.class).lanes();
    }

    private static String keyOf(ConfigurableApplicationContext owner) {
        Set<Integer> lanes = lanes(owner);
        return IntStream.range(0, 1000)
                .mapToObj(i -> "k" + i)
                .filter(key -> lanes.contains(Utils.toPositive(Utils.murmur2(key.getBytes(UTF_8))) % 32))
                .findFirst()
                .orElseThrow();
    }

    private static JdbcTemplate sql(ConfigurableApplicationContext instance) {
        return instance.getBean(JdbcTemplate.class);
    }
}
