package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

import io.reliablemessaging.wire.HostSettings;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.ssl.SslBundle;

/** Which of the host's consumer properties reach our consumers. */
class ConsumerConfigurationTests {

    /** Do their work in another place: each listener names its group, and payloads are converted after the inbox. */
    private static final Set<String> USED_ELSEWHERE = Set.of("group.id", "value.deserializer");

    @Test
    void everyPropertyOfKafkasConsumerWasDecided() {
        Set<String> undecided = new TreeSet<>(ConsumerConfig.configNames());
        undecided.removeIf(name -> ConsumerConfigurationTests.decisions(name) == 1);
        assertThat(undecided).isEmpty();
        assertThat(ConsumerConfiguration.INSTEAD)
                .containsKeys(ConsumerConfiguration.OURS.keySet().toArray(String[]::new));
    }

    private static long decisions(String name) {
        return Stream.of(
                        ConsumerConfiguration.ALLOWED.isListed(name),
                        ConsumerConfiguration.INSTEAD.containsKey(name),
                        USED_ELSEWHERE.contains(name))
                .filter(decided -> decided)
                .count();
    }

    @Test
    void whatIsListedExists() {
        assertThat(ConsumerConfig.configNames())
                .containsAll(HostSettings.CONNECTION)
                .containsAll(ConsumerConfiguration.ALLOWED.names())
                .containsAll(ConsumerConfiguration.INSTEAD.keySet())
                .containsAll(USED_ELSEWHERE);
    }

    @Test
    void aPropertyThatIsNotAllowedReachesNoConsumer() {
        Map<String, Object> host =
                ConsumerConfig.configNames().stream().collect(Collectors.toMap(name -> name, name -> "host's"));
        Map<String, Object> member = ConsumerConfiguration.of(host).member("billing");
        Map<String, Object> sharing = ConsumerConfiguration.of(host).sharing("billing", 1);
        ConsumerConfiguration.INSTEAD.keySet().forEach(name -> {
            assertThat(member).doesNotContainEntry(name, "host's");
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
                .doesNotContainKey("max.poll.records")
                .containsEntry("share.acknowledgement.mode", "explicit")
                .containsEntry("client.id", "billing-7");
        config.put("group.id", "some");
        assertThatNoException()
                .isThrownBy(
                        () -> new KafkaShareConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())
                                .close());
    }

    @Test
    void membersOfShareGroupsDoNotGetWhatTheClusterDecides() {
        Map<String, Object> host =
                Map.of("session.timeout.ms", 10_000, "fetch.min.bytes", 1, "auto.offset.reset", "latest");
        assertThat(ConsumerConfiguration.of(host).notForSharing()).containsExactly("session.timeout.ms");
    }

    @Test
    void aListenersOwnClientIdComesBeforeTheHosts() {
        ConsumerConfiguration named =
                ConsumerConfiguration.of(Map.of("client.id", "shop")).withClientId("billing");
        assertThat(named.member("orders")).containsEntry("client.id", "billing-orders");
        assertThat(named.sharing("orders", 2)).containsEntry("client.id", "billing-orders-2");
        assertThat(ConsumerConfiguration.of(Map.of("client.id", "shop"))
                        .withClientId("")
                        .member("orders"))
                .containsEntry("client.id", "shop-orders");
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
}
