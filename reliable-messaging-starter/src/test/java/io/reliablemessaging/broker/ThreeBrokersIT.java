package io.reliablemessaging.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.Topics;
import io.reliablemessaging.test.KafkaCluster;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Topics on three brokers: safe ones are made, weak ones are named and left as they are. */
@ExtendWith(OutputCaptureExtension.class)
class ThreeBrokersIT {

    private static KafkaCluster kafka;
    private static Topics topics;

    private final String topic = "replicated-" + UUID.randomUUID();
    private final HostApplication host = HostApplication.onSharedServers(TopicProvisioningIT.Host.class)
            .and(TopicProvisioningIT.Listening.class)
            .on(kafka)
            .with(
                    "test.topic=" + topic,
                    "spring.flyway.enabled=false",
                    "spring.kafka.listener.auto-startup=false",
                    "reliable-messaging.topics." + topic + ".partitions=2");

    @BeforeAll
    static void start() {
        kafka = KafkaCluster.start(3);
        topics = new Topics(kafka.bootstrapServers());
    }

    @AfterAll
    static void stop() {
        kafka.close();
    }

    @Test
    void newTopicsSurviveTheLossOfABroker(CapturedOutput output) {
        host.with("reliable-messaging.durability.mode=strict").run().close();
        for (String name : new String[] {topic, topic + ".billing.dlt", topic + ".audit.dlt"}) {
            assertThat(topics.partitions(name)).isEqualTo(2);
            assertThat(topics.replicas(name)).isEqualTo(3);
            assertThat(topics.config(name))
                    .containsEntry("min.insync.replicas", "2")
                    .containsEntry("unclean.leader.election.enable", "false");
        }
        assertThat(output).doesNotContain("could be lost");
    }

    @Test
    void aWeakTopicIsReportedAndNotChanged(CapturedOutput output) {
        createWeak();
        host.run().close();
        assertThat(output)
                .containsOnlyOnce("could be lost by replicas of topic " + topic + ": 1, should be 3")
                .containsOnlyOnce("could be lost by min.insync.replicas of topic " + topic + ": 1, should be 2")
                .containsOnlyOnce("could be lost by unclean.leader.election.enable of topic " + topic
                        + ": true, should be false");
        assertUnchanged();
    }

    @Test
    void aWeakTopicIsRefusedInStrictModeWithTheWayOut(CapturedOutput output) {
        createWeak();
        assertThat(host.with("reliable-messaging.durability.mode=strict").refusal(output))
                .contains("replicas of topic " + topic + " is 1, should be 3")
                .contains("min.insync.replicas of topic " + topic + " is 1, should be 2")
                .contains("unclean.leader.election.enable of topic " + topic + " is true, should be false")
                .contains("Reassign its partitions to more brokers.")
                .contains("kafka-configs.sh")
                .contains("'reliable-messaging.durability.mode=warn'");
        assertUnchanged();
    }

    @Test
    void nobodyLooksIfNobodyWantsToKnow(CapturedOutput output) {
        createWeak();
        host.with("reliable-messaging.durability.mode=off").run().close();
        assertThat(output).doesNotContain("could be lost");
        assertThat(topics.replicas(topic + ".billing.dlt")).isEqualTo(3);
    }

    private void createWeak() {
        topics.create(topic, 1, 1, Map.of("min.insync.replicas", "1", "unclean.leader.election.enable", "true"));
    }

    private void assertUnchanged() {
        assertThat(topics.partitions(topic)).isEqualTo(1);
        assertThat(topics.replicas(topic)).isEqualTo(1);
        assertThat(topics.config(topic))
                .containsEntry("min.insync.replicas", "1")
                .containsEntry("unclean.leader.election.enable", "true");
    }
}
