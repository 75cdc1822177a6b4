package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

import io.reliablemessaging.wire.HostSettings;
import io.reliablemessaging.wire.KafkaConnection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Which of the host's consumer properties reach our consumers. */
@ExtendWith(OutputCaptureExtension.class)
class ConsumerConfigurationTests {

    /** Reviewed: they could lose or repeat messages, or have no meaning for a consumer of ours. */
    private static final Set<String> LEFT_OUT = Set.of(
            "auto.commit.interval.ms", // offsets are committed by us
            "exclude.internal.topics", // topics are named one by one
            "interceptor.classes", // may drop or change records, and commits are not its business
            "internal.throw.on.fetch.stable.offset.unsupported",
            "max.poll.records", // the reader has limits of its own
            "share.acknowledgement.mode", // ours
            "share.acquire.mode", // ours
            "group.id", // each listener names its own
            "key.deserializer", // keys are bytes
            "value.deserializer"); // used where payloads are converted

    @Test
    void everyPropertyOfKafkasConsumerWasDecided() {
        Set<String> undecided = new TreeSet<>(ConsumerConfig.configNames());
        undecided.removeIf(name -> ConsumerConfigurationTests.decisions(name) == 1);
        assertThat(undecided).isEmpty();
    }

    private static long decisions(String name) {
        return Stream.of(
                        ConsumerConfiguration.ALLOWED.isListed(name),
                        ConsumerConfiguration.OURS.containsKey(name),
                        LEFT_OUT.contains(name))
                .filter(decided -> decided)
                .count();
    }

    @Test
    void whatIsListedExists() {
        assertThat(ConsumerConfig.configNames())
                .containsAll(HostSettings.CONNECTION)
                .containsAll(ConsumerConfiguration.ALLOWED.names())
                .containsAll(ConsumerConfiguration.OURS.keySet())
                .containsAll(LEFT_OUT);
    }

    @Test
    void aPropertyThatIsNotAllowedReachesNoConsumer() {
        Map<String, Object> host =
                ConsumerConfig.configNames().stream().collect(Collectors.toMap(name -> name, name -> "host's"));
        Map<String, Object> member = ConsumerConfiguration.of(host).member("billing");
        Map<String, Object> sharing = ConsumerConfiguration.of(host).sharing("billing", 1);
        LEFT_OUT.forEach(name -> {
            assertThat(member).doesNotContainKey(name);
            assertThat(sharing).doesNotContainEntry(name, "host's");
        });
        assertThat(member)
                .containsEntry("enable.auto.commit", false)
                .containsEntry("auto.offset.reset", "earliest")
                .containsEntry("isolation.level", "read_committed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bootstrap.servers",
                "ssl.truststore.location",
                "sasl.jaas.config",
                "security.protocol",
                "client.rack",
                "metrics.recording.level",
                "metadata.max.age.ms",
                "reconnect.backoff.max.ms",
                "retry.backoff.ms",
                "socket.connection.setup.timeout.ms",
                "max.poll.interval.ms",
                "fetch.min.bytes",
                "my.reporter.url"
            })
    void whatIsAboutTheConnectionOrBelongsToPluginsReachesBothKinds(String name) {
        Map<String, Object> host = Map.of(name, "host's");
        assertThat(ConsumerConfiguration.of(host).member("billing")).containsEntry(name, "host's");
        assertThat(ConsumerConfiguration.of(host).sharing("billing", 1)).containsEntry(name, "host's");
        assertThat(ConsumerConfiguration.of(host).leftOut()).isEmpty();
    }

    @Test
    void theSslBundleThatBootPutsThereReachesOurConsumers() {
        SslBundle bundle = SslBundle.systemDefault();
        assertThat(ConsumerConfiguration.of(Map.of(SslBundle.class.getName(), bundle))
                        .member("billing"))
                .containsEntry(SslBundle.class.getName(), bundle);
    }

    @Test
    void shareConsumersAreToldNothingThatTheyRefuse() {
        Map<String, Object> host = new HashMap<>(Map.of(
                "bootstrap.servers", "localhost:1",
                "auto.offset.reset", "latest",
                "group.instance.id", "one",
                "max.poll.records", 500,
                "partition.assignment.strategy", "range",
                "group.protocol", "classic",
                "interceptor.classes", "no.such.Interceptor",
                "session.timeout.ms", 10_000,
                "heartbeat.interval.ms", 1_000));
        host.put("group.remote.assignor", "uniform");
        Map<String, Object> config = ConsumerConfiguration.of(host).sharing("billing", 7);
        assertThat(config)
                .containsEntry("max.poll.records", 1)
                .containsEntry("share.acknowledgement.mode", "explicit")
                .containsEntry("client.id", "billing-7");
        config.put("group.id", "some");
        assertThatNoException()
                .isThrownBy(
                        () -> new KafkaShareConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())
                                .close());
    }

    @Test
    void whatTheHostHasSetAndOurConsumersDoNotGetIsNamedOnceWithoutItsValue(CapturedOutput output) {
        KafkaProperties properties = new KafkaProperties();
        properties.getConsumer().setAutoOffsetReset("latest");
        properties.getConsumer().setMaxPollRecords(4711);
        properties.getConsumer().setEnableAutoCommit(false);
        properties.getConsumer().setGroupId("mine");
        properties.getConsumer().getProperties().put("interceptor.classes", "acme.Filter");
        properties.getConsumer().getProperties().put("fetch.min.bytes", "2");
        ConsumerConfiguration.of(connection(properties));
        assertThat(output).contains("auto.offset.reset, interceptor.classes, max.poll.records.");
        assertThat(output).doesNotContain("acme.Filter", "4711", "latest");
    }

    @Test
    void aHostThatSetsNothingReadsNothing(CapturedOutput output) {
        ConsumerConfiguration.of(connection(new KafkaProperties()));
        assertThat(output.toString()).isEmpty();
    }

    @Test
    void membersOfOneGroupHaveInstanceAndClientIdsOfTheirOwn() {
        ConsumerConfiguration configuration =
                ConsumerConfiguration.of(Map.of("group.instance.id", "pod-1", "client.id", "shop"));
        assertThat(configuration.member("orders"))
                .containsEntry("group.instance.id", "pod-1-orders")
                .containsEntry("client.id", "shop-orders");
        assertThat(configuration.member("orders")).isEqualTo(configuration.member("orders"));
        assertThat(configuration.sharing("orders", 2)).containsEntry("client.id", "shop-orders-2");
        assertThat(ConsumerConfiguration.of(Map.of()).member("orders"))
                .doesNotContainKey("group.instance.id")
                .containsEntry("client.id", "orders");
    }

    @Test
    void anInstanceIdIsOneThatKafkaTakesAndNoOtherListenersToo() {
        List<String> ids = Stream.of(
                        "orders",
                        "Orders.on@billing",
                        "Orders.on#billing",
                        "Orders.on_billing",
                        "überweisung",
                        "o".repeat(249),
                        "o".repeat(250))
                .map(listener -> ConsumerConfiguration.instanceId("pod-1", listener))
                .toList();
        assertThat(ids).doesNotHaveDuplicates().allSatisfy(Topic::validate).allMatch(id -> id.startsWith("pod-1-"));
    }

    private static KafkaConnection connection(KafkaProperties properties) {
        return new KafkaConnection(properties, (KafkaConnectionDetails) () -> List.of("localhost:1"));
    }
}
