package io.reliablemessaging.broker;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.DurabilityAudit;
import io.reliablemessaging.Finding;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.Topics;
import io.reliablemessaging.test.KafkaCluster;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;

/** Topics on three brokers: safe ones are made, weak ones are named and left as they are. */
@ExtendWith(OutputCaptureExtension.class)
class ThreeBrokersIT {

    private static KafkaCluster kafka;
    private static Topics topics;

    private final String topic = "replicated-" + UUID.randomUUID();
    private final HostApplication host = HostApplication.onSharedServers(TopicProvisioningIT.Host.class)
            .withSafePool()
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
    void eachWeaknessOfATopicIsFoundAndGoneAfterItIsFixed(CapturedOutput output) {
        createWeak();
        try (ConfigurableApplicationContext running = host.run()) {
            DurabilityAudit audit = running.getBean(DurabilityAudit.class);
            assertThat(about(topic, audit.findings()))
                    .containsExactlyInAnyOrder(
                            "RM-B003 replicas of topic " + topic,
                            "RM-B004 min.insync.replicas of topic " + topic,
                            "RM-B005 unclean.leader.election.enable of topic " + topic,
                            "RM-B009 partitions of topic " + topic);
            assertThat(output.toString().lines().filter(line -> line.contains("RM-B004")))
                    .singleElement(as(STRING))
                    .containsPattern("min.insync.replicas of topic " + topic + " +1 +should be 2 +Alter ");
            assertUnchanged();

            topics.alter(topic, "unclean.leader.election.enable", "false");
            awaitGone("RM-B005", audit);
            topics.reassign(topic, 0, 0, 1, 2);
            awaitGone("RM-B003", audit);
            topics.alter(topic, "min.insync.replicas", "2");
            awaitGone("RM-B004", audit);
            await("the new replicas have caught up")
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> about(topic, audit.look()), List.of("RM-B009 partitions of topic " + topic)::equals);
        }
    }

    @Test
    void aSettingThatIsChangedLaterIsFoundWithoutAsking(CapturedOutput output) {
        try (ConfigurableApplicationContext running =
                host.with("reliable-messaging.durability.interval=1s").run()) {
            DurabilityAudit audit = running.getBean(DurabilityAudit.class);
            assertThat(about(topic, audit.findings())).isEmpty();
            topics.alter(topic, "min.insync.replicas", "1");
            await().until(() ->
                    about(topic, audit.findings()).contains("RM-B004 min.insync.replicas of topic " + topic));
            topics.alter(topic, "min.insync.replicas", "2");
            await().until(() -> about(topic, audit.findings()).isEmpty());
        }
        assertThat(output.toString().lines().filter(line -> line.contains("RM-B004")))
                .as("told when it appears and when it is gone, in some ten looks or more")
                .hasSize(2);
    }

    @Test
    @Tag("long")
    void aBrokerThatIsDownIsFoundAndThePartitionsThatWaitForTheSecond() {
        try (ConfigurableApplicationContext running = host.run()) {
            DurabilityAudit audit = running.getBean(DurabilityAudit.class);
            assertThat(about(topic, audit.findings())).isEmpty();
            kafka.broker(2).kill();
            awaitFound("RM-B015 broker 2", audit);
            awaitFound("RM-B017 replicas in sync of topic " + topic, audit);
            kafka.broker(1).kill();
            awaitFound("RM-B015 broker 1", audit);
            awaitFound("RM-B016 replicas in sync of topic " + topic, audit);
            kafka.startAll();
            for (String code : List.of("RM-B001", "RM-B015", "RM-B016", "RM-B017")) {
                awaitGone(code, audit);
            }
        } finally {
            kafka.startAll();
        }
    }

    @Test
    void messagesThatWereRemovedUnreadAreFound() {
        try (ConfigurableApplicationContext running = host.run()) {
            DurabilityAudit audit = running.getBean(DurabilityAudit.class);
            KafkaTopic written = new KafkaTopic(kafka.bootstrapServers(), topic);
            written.write("k", new byte[1]);
            written.write("k", new byte[1]);
            int partition = written.records().get(0).partition();
            topics.seek("billing", topic, partition, 1);
            assertThat(found(audit.look())).noneMatch(finding -> finding.startsWith("RM-C003"));
            topics.removeBefore(2, topic, partition);
            awaitFound("RM-C003 group billing in partition %d of topic %s".formatted(partition, topic), audit);
            topics.seek("billing", topic, partition, 2);
            awaitGone("RM-C003", audit);
        }
    }

    @Test
    void aWeakTopicIsRefusedInStrictModeWithTheWayOut(CapturedOutput output) {
        createWeak();
        assertThat(host.with("reliable-messaging.durability.mode=strict").refusal(output))
                .contains("replicas of topic " + topic + " is 1, should be 3")
                .contains("min.insync.replicas of topic " + topic + " is 1, should be 2")
                .contains("unclean.leader.election.enable of topic " + topic + " is true, should be false")
                .contains("Reassign its partitions to more brokers")
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

    private static List<String> found(List<Finding> findings) {
        return findings.stream()
                .map(finding -> finding.code() + " " + finding.where())
                .toList();
    }

    private static List<String> about(String name, List<Finding> findings) {
        return found(findings).stream()
                .filter(finding -> finding.endsWith(name))
                .toList();
    }

    private static void awaitFound(String finding, DurabilityAudit audit) {
        await(finding).atMost(Duration.ofMinutes(1)).until(() -> found(audit.look()), all -> all.contains(finding));
    }

    private static void awaitGone(String code, DurabilityAudit audit) {
        await("no " + code)
                .atMost(Duration.ofMinutes(1))
                .until(() -> found(audit.look()), all -> all.stream().noneMatch(finding -> finding.startsWith(code)));
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
