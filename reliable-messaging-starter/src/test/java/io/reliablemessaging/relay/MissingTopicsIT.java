package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.observers.ShieldedObservers;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.test.ReliableMessagingTest;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.transaction.support.TransactionTemplate;

/** Topics that are missing stop no other. */
@SpringBootTest(
        classes = MissingTopicsIT.Host.class,
        properties = {"spring.application.name=missing-topics-test", "reliable-messaging.relay.lease=6s"})
@ReliableMessagingTest
@DirtiesContext
class MissingTopicsIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Host {}

    @Autowired
    MessagePublisher publisher;

    @Autowired
    TransactionTemplate transaction;

    @Autowired
    JdbcTemplate sql;

    @Autowired
    Relay relay;

    @Autowired
    ApplicationContext host;

    private final String bootstrapServers;
    private KafkaTopic healthy;

    @Autowired
    MissingTopicsIT(KafkaConnectionDetails kafka) {
        this.bootstrapServers = String.join(",", kafka.getBootstrapServers());
    }

    @BeforeEach
    void healthyTopic() {
        healthy = KafkaTopic.create(bootstrapServers, "healthy-" + UUID.randomUUID(), 1);
    }

    @Test
    void topicsThatAreMissingKeepNobodyWaiting() {
        relay.stop();
        // somebody who waits for a missing topic waits for the whole test
        try (HookedRelay hooked =
                HookedRelay.start(host, Map.of("max.block.ms", "3600000"), new ShieldedObservers(List::of))) {
            assertThat(hooked.loop().trouble()).isNull();
            List<String> missing = IntStream.range(0, 12)
                    .mapToObj(i -> "missing-" + UUID.randomUUID())
                    .toList();
            missing.forEach(topic -> publish(topic, "waits"));
            publish(healthy.name(), "flows");
            assertThat(healthy.awaitValues(1)).containsExactly("flows");
            publish(healthy.name(), "flows on");
            assertThat(healthy.awaitValues(2)).containsExactly("flows", "flows on");
            sql.update("delete from reliable_messaging.outbox_message where topic like 'missing-%'");
        } finally {
            relay.start();
        }
    }

    private void publish(String topic, String value) {
        transaction.executeWithoutResult(status -> publisher.publish(topic, value, value));
    }
}
