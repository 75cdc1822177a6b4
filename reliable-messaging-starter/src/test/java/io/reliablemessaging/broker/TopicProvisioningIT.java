package io.reliablemessaging.broker;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.ReliableTopic;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.Topics;
import io.reliablemessaging.test.KafkaCluster;
import io.reliablemessaging.test.SharedServers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Topics on a single broker: made if missing, with what was declared, and before anyone needs them. */
@ExtendWith(OutputCaptureExtension.class)
class TopicProvisioningIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    @Configuration(proxyBeanMethods = false)
    static class Listening {

        @Bean
        Listener listener() {
            return new Listener();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Declaring {

        @Bean
        ReliableTopic declaredAsBean(@Value("${test.topic}") String topic) {
            return ReliableTopic.named(topic)
                    .partitions(4)
                    .retention(Duration.ofHours(1))
                    .config("segment.ms", "60000");
        }
    }

    static class Listener {

        final List<String> billed = new CopyOnWriteArrayList<>();

        @ReliableListener(topics = "${test.topic}", groupId = "billing")
        void bill(String payload) {
            billed.add(payload);
        }

        @ReliableListener(topics = "${test.topic}", groupId = "audit")
        void audit(String payload) {}
    }

    private final String topic = "provisioned-" + UUID.randomUUID();
    private final Topics topics = new Topics(SharedServers.kafka().bootstrapServers());
    private final HostApplication host = HostApplication.onSharedServers(Host.class)
            .withSafePool()
            .with("test.topic=" + topic, "spring.flyway.enabled=false", "spring.kafka.listener.auto-startup=false");

    @Test
    void makesADeclaredTopicAsItWasDeclared(CapturedOutput output) {
        host.with(declared("partitions=3"), declared("replicas=1"), declared("min-isr=1"), declared("retention=36h"))
                .run()
                .close();
        assertThat(topics.partitions(topic)).isEqualTo(3);
        assertThat(topics.replicas(topic)).isEqualTo(1);
        assertThat(topics.config(topic))
                .containsEntry("min.insync.replicas", "1")
                .containsEntry("unclean.leader.election.enable", "false")
                .containsEntry(
                        "retention.ms", Long.toString(Duration.ofHours(36).toMillis()));
        assertThat(output).containsPattern("created \\d+ \\[" + topic).doesNotContain("could be lost");
    }

    @Test
    void whatIsNotDeclaredIsTheSafestThatOneBrokerCanHold() {
        host.with("reliable-messaging.topics." + topic + "=").run().close();
        assertThat(topics.replicas(topic)).isEqualTo(1);
        assertThat(topics.config(topic)).containsEntry("min.insync.replicas", "1");
    }

    @Test
    void namesWithDotsAndCapitalsAreWrittenInBrackets() {
        String name = "Orders.V1_" + UUID.randomUUID();
        host.with("reliable-messaging.topics[" + name + "].partitions=2").run().close();
        assertThat(topics.partitions(name)).isEqualTo(2);
    }

    @Test
    void deadLettersOfEveryListenerHaveAsManyPartitionsAsTheirSource() {
        host.and(Listening.class).with(declared("partitions=3")).run().close();
        assertThat(topics.partitions(topic)).isEqualTo(3);
        assertThat(topics.partitions(topic + ".billing.dlt")).isEqualTo(3);
        assertThat(topics.partitions(topic + ".audit.dlt")).isEqualTo(3);
    }

    @Test
    void deadLettersFollowASourceThatSomebodyElseHasMade() {
        topics.create(topic, 5, 1, Map.of());
        host.and(Listening.class).run().close();
        assertThat(topics.partitions(topic + ".billing.dlt")).isEqualTo(5);
    }

    /** Its shape is the business of whoever sends to it, who may start later. */
    @Test
    void aTopicThatIsOnlyListenedToIsLeftToItsOwnerAndReadOnceItIsThere(CapturedOutput output) {
        try (var context = host.and(Listening.class)
                .with("spring.kafka.listener.auto-startup=true")
                .run()) {
            assertThat(topics.exists(topic)).isFalse();
            assertThat(topics.exists(topic + ".billing.dlt")).isFalse();
            assertThat(output.toString().lines().filter(line -> line.contains("RM-")))
                    .filteredOn(line -> line.contains("RM-B008"))
                    .singleElement(as(STRING))
                    .contains("topic " + topic)
                    .contains("Start the application that sends to it")
                    .contains("reliable-messaging.topics[" + topic + "].partitions");
            assertThat(output)
                    .contains("Topics [" + topic + "] are listened to and do not exist yet")
                    .contains(
                            "found 0, created 0, refused 0; missing, to be created by the application that declares them: 1 ["
                                    + topic + "]");
            KafkaTopic made = KafkaTopic.create(SharedServers.kafka().bootstrapServers(), topic, 5);
            made.write("1", "first".getBytes(StandardCharsets.UTF_8));
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() ->
                            assertThat(context.getBean(Listener.class).billed).containsExactly("first"));
            await().atMost(Duration.ofSeconds(60)).until(() -> topics.exists(topic + ".billing.dlt"));
            assertThat(topics.partitions(topic + ".billing.dlt")).isEqualTo(5);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Impossible {

        @Bean
        ReliableTopic impossible() {
            return ReliableTopic.named("orders placed");
        }
    }

    @Test
    void aNameThatNoTopicCanHaveDoesNotHideTheOthers(CapturedOutput output) {
        topics.create(topic, 1, 1, Map.of());
        host.and(Impossible.class).with(declared("partitions=2")).run().close();
        assertThat(output.toString().lines().filter(line -> line.contains("RM-")))
                .anySatisfy(line -> assertThat(line).contains("RM-B022", "name of topic 'orders placed'"))
                .anySatisfy(line -> assertThat(line).contains("RM-B009", " INFO ", "partitions of topic " + topic))
                .noneSatisfy(line -> assertThat(line).contains("RM-B001"));
    }

    @Test
    void aNameThatNoTopicCanHaveIsRefusedInProperties(CapturedOutput output) {
        assertThat(host.with("reliable-messaging.topics[orders placed].partitions=2")
                        .refusal(output))
                .contains("reliable-messaging.topics[orders placed]")
                .contains("is not the name of a topic");
    }

    @Test
    void deadLettersTakeWhatTheirSourceTakesAndStayForTheRedriveWindow() {
        topics.create(topic, 1, 1, Map.of("max.message.bytes", "3000000", "retention.ms", "60000"));
        host.and(Listening.class)
                .with("reliable-messaging.dead-letters.redrive-window=40d")
                .run()
                .close();
        assertThat(topics.config(topic + ".billing.dlt"))
                .containsEntry("max.message.bytes", Integer.toString(3_000_000 + 64 * 1024))
                .containsEntry("retention.ms", Long.toString(Duration.ofDays(40).toMillis()))
                .containsEntry("retention.bytes", "-1");
    }

    @Test
    void aBeanDeclaresATopicAndPropertiesOverruleIt() {
        host.and(Declaring.class).with(declared("partitions=2")).run().close();
        assertThat(topics.partitions(topic)).isEqualTo(2);
        assertThat(topics.config(topic))
                .containsEntry("retention.ms", Long.toString(Duration.ofHours(1).toMillis()))
                .containsEntry("segment.ms", "60000");
    }

    @Test
    void nothingIsMadeIfSoConfiguredAndWhatIsMissingIsNamed(CapturedOutput output) {
        host.with(declared("partitions=2"), "reliable-messaging.topics.provision=false")
                .run()
                .close();
        assertThat(topics.exists(topic)).isFalse();
        assertThat(output.toString().lines().filter(line -> line.contains("RM-B008")))
                .singleElement(as(STRING))
                .contains("topic " + topic, "missing");
    }

    @Test
    void aDeclaredTopicForDeadLettersIsMadeAsDeclared() {
        host.and(Listening.class)
                .with(declared("partitions=3"))
                .with("reliable-messaging.topics[" + topic + ".billing.dlt].partitions=1")
                .run()
                .close();
        assertThat(topics.partitions(topic + ".billing.dlt")).isEqualTo(1);
        assertThat(topics.partitions(topic + ".audit.dlt")).isEqualTo(3);
    }

    @Test
    void ofADevelopersBrokerOneLineSaysWhatProductionWants(CapturedOutput output) {
        topics.create(topic, 1, 1, Map.of());
        host.and(Listening.class)
                .with(declared("partitions=1"), "reliable-messaging.durability.mode=strict")
                .run()
                .close();
        assertThat(output.toString().lines().filter(line -> line.contains("RM-")))
                .singleElement(as(STRING))
                .contains(" INFO ", "RM-B002 brokers of the cluster: 1", "3 in production");
    }

    @Test
    void aTopicThatTheClusterRefusesIsNamedAndDoesNotHinderTheOthers(CapturedOutput output) {
        host.with(declared("replicas=3"), "reliable-messaging.topics.z" + topic + ".partitions=1")
                .run()
                .close();
        assertThat(topics.partitions("z" + topic)).isEqualTo(1);
        assertThat(topics.exists(topic)).isFalse();
        assertThat(output).contains("The cluster refuses to create topics").contains("{" + topic + "=");
        assertThat(output.toString().lines().filter(line -> line.contains("RM-B007")))
                .singleElement(as(STRING))
                .contains("topic " + topic, "refused by the cluster (");
    }

    @Test
    void morePrescribedReplicasThanThereAreIsRefusedAsAMistake(CapturedOutput output) {
        assertThat(host.with(declared("replicas=1"), declared("min-isr=2")).refusal(output))
                .contains("min-isr 2 is more than replicas 1");
    }

    // how long nobody answers before that is an answer, too
    private static final String[] IMPATIENT = {
        "spring.kafka.admin.properties.request.timeout.ms=1000",
        "spring.kafka.admin.properties.default.api.timeout.ms=3000"
    };

    @Test
    void startsWithoutKafkaAndMakesTheTopicsOnceItIsBack(CapturedOutput output) {
        try (KafkaCluster kafka = KafkaCluster.start(1)) {
            kafka.broker(0).stop();
            try (var context = host.and(Listening.class)
                    .on(kafka)
                    .with(declared("partitions=2"))
                    .with(IMPATIENT)
                    .run()) {
                assertThat(context.isRunning()).isTrue();
                assertThat(output).contains("not checked yet: Kafka has not answered");
                await().atMost(Duration.ofSeconds(60))
                        .until(() -> output.toString()
                                .contains("Kafka is away: no broker answers at " + kafka.bootstrapServers()));
                kafka.broker(0).restart();
                await().atMost(Duration.ofSeconds(60))
                        .until(() -> output.toString().contains("All topics exist now"));
                Topics there = new Topics(kafka.bootstrapServers());
                assertThat(there.partitions(topic)).isEqualTo(2);
                assertThat(there.partitions(topic + ".audit.dlt")).isEqualTo(2);
            }
        }
    }

    @Test
    void inStrictModeDoesNotStartWithoutKafka(CapturedOutput output) {
        assertThat(host.with(
                                declared("partitions=2"),
                                "spring.kafka.bootstrap-servers=127.0.0.1:1",
                                "reliable-messaging.durability.mode=strict")
                        .with(IMPATIENT)
                        .refusal(output))
                .contains("state of the cluster is unknown")
                .contains("'spring.kafka.bootstrap-servers'");
    }

    private String declared(String setting) {
        return "reliable-messaging.topics." + topic + "." + setting;
    }
}
