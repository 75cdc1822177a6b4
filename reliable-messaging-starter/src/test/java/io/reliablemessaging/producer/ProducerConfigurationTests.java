package io.reliablemessaging.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.wire.HostSettings;
import io.reliablemessaging.wire.KafkaConnection;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Whatever the host sets for its own producers, ours keep the promise. */
@ExtendWith(OutputCaptureExtension.class)
class ProducerConfigurationTests {

    private static final Duration LONGEST_BLOCK = Duration.ofSeconds(2);

    /** Reviewed: they could lose, repeat or reorder messages, or have no meaning for a producer of ours. */
    private static final Set<String> LEFT_OUT = Set.of(
            "interceptor.classes", // may change records, and whatever it throws is not the record's fault
            "partitioner.class", // may put a key's messages into several partitions
            "partitioner.adaptive.partitioning.enable", // of the partitioner, which is Kafka's own
            "partitioner.availability.timeout.ms", // likewise
            "transactional.id", // no transaction of Kafka
            "transaction.timeout.ms", // likewise
            "transaction.two.phase.commit.enable", // likewise
            "max.block.ms", // follows from the lease
            "key.serializer", // keys are bytes
            "value.serializer"); // used where payloads are converted

    private static final Map<String, Object> HOSTILE = Map.ofEntries(
            Map.entry("bootstrap.servers", "localhost:1"),
            Map.entry("compression.type", "lz4"),
            Map.entry("acks", "0"),
            Map.entry("enable.idempotence", "false"),
            Map.entry("max.in.flight.requests.per.connection", "10"),
            Map.entry("retries", "0"),
            Map.entry("delivery.timeout.ms", "5"),
            Map.entry("request.timeout.ms", "2"),
            Map.entry("linger.ms", "60000"),
            Map.entry("max.block.ms", "3600000"),
            Map.entry("partitioner.class", "no.such.Partitioner"),
            Map.entry("partitioner.ignore.keys", "true"),
            Map.entry("interceptor.classes", "no.such.Interceptor"),
            Map.entry("transactional.id", "host"),
            Map.entry("key.serializer", StringSerializer.class),
            Map.entry("value.serializer", StringSerializer.class.getName()));

    @Test
    void everyPropertyOfKafkasProducerWasDecided() {
        Set<String> undecided = new TreeSet<>(ProducerConfig.configNames());
        undecided.removeIf(name -> ProducerConfigurationTests.decisions(name) == 1);
        assertThat(undecided).isEmpty();
    }

    private static long decisions(String name) {
        return Stream.of(
                        ProducerConfiguration.ALLOWED.isListed(name),
                        ProducerConfiguration.OURS.containsKey(name),
                        LEFT_OUT.contains(name))
                .filter(decided -> decided)
                .count();
    }

    @Test
    void whatIsListedExists() {
        assertThat(ProducerConfig.configNames())
                .containsAll(HostSettings.CONNECTION)
                .containsAll(ProducerConfiguration.ALLOWED.names())
                .containsAll(ProducerConfiguration.OURS.keySet())
                .containsAll(LEFT_OUT);
    }

    @Test
    void aPropertyThatIsNotAllowedReachesNoProducer() {
        Map<String, Object> host =
                ProducerConfig.configNames().stream().collect(Collectors.toMap(name -> name, name -> "host's"));
        Map<String, Object> config = ProducerConfiguration.safe(host, LONGEST_BLOCK);
        LEFT_OUT.forEach(name -> assertThat(config).doesNotContainEntry(name, "host's"));
        assertThat(config).containsAllEntriesOf(ProducerConfiguration.OURS);
    }

    @Test
    void overridesAllThatBearsOnThePromise() {
        ProducerConfig config = parsed(ProducerConfiguration.safe(HOSTILE, LONGEST_BLOCK));
        assertThat(config.getString("acks")).isEqualTo("-1");
        assertThat(config.getBoolean("enable.idempotence")).isTrue();
        assertThat(config.getInt("max.in.flight.requests.per.connection")).isEqualTo(1);
        assertThat(config.getInt("retries")).isEqualTo(Integer.MAX_VALUE);
        assertThat(config.getInt("delivery.timeout.ms")).isEqualTo(Integer.MAX_VALUE);
        assertThat(config.getLong("linger.ms")).isZero();
        assertThat(config.getLong("max.block.ms")).isEqualTo(2000);
        assertThat(config.getBoolean("partitioner.ignore.keys")).isFalse();
        assertThat(config.getClass("partitioner.class")).isNull();
        assertThat(config.getList("interceptor.classes")).isEmpty();
        assertThat(config.getString("transactional.id")).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bootstrap.servers",
                "client.id",
                "client.rack",
                "client.dns.lookup",
                "ssl.truststore.location",
                "sasl.jaas.config",
                "security.protocol",
                "metric.reporters",
                "metrics.recording.level",
                "metadata.max.age.ms",
                "reconnect.backoff.max.ms",
                "retry.backoff.ms",
                "request.timeout.ms",
                "connections.max.idle.ms",
                "socket.connection.setup.timeout.ms",
                "compression.type",
                "compression.zstd.level",
                "buffer.memory",
                "batch.size",
                "my.reporter.url"
            })
    void whatIsAboutTheConnectionOrBelongsToPluginsReachesOurProducers(String name) {
        Map<String, Object> host = Map.of(name, "host's");
        assertThat(ProducerConfiguration.safe(host, LONGEST_BLOCK)).containsEntry(name, "host's");
        assertThat(ProducerConfiguration.leftOut(host)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"1000, 33554432", "1048576, 33554432", "50000000, 50000000"})
    void aDeadLetterMayBeLargerThanWhatTheHostPublishes(String hosts, int ours) {
        Map<String, Object> host = Map.of("max.request.size", hosts);
        assertThat(ProducerConfiguration.safe(host, LONGEST_BLOCK)).containsEntry("max.request.size", ours);
        assertThat(ProducerConfiguration.safe(Map.of(), LONGEST_BLOCK)).containsEntry("max.request.size", 32 << 20);
        assertThat(ProducerConfiguration.leftOut(host)).isEmpty();
    }

    @Test
    void theSslBundleThatBootPutsThereReachesOurProducers() {
        SslBundle bundle = SslBundle.systemDefault();
        assertThat(ProducerConfiguration.safe(Map.of(SslBundle.class.getName(), bundle), LONGEST_BLOCK))
                .containsEntry(SslBundle.class.getName(), bundle);
    }

    @Test
    void whatTheHostHasSetAndOurProducersDoNotGetIsNamedOnceWithoutItsValue(CapturedOutput output) {
        KafkaProperties properties = new KafkaProperties();
        properties.getProducer().setAcks("1");
        properties.getProducer().setRetries(Integer.MAX_VALUE); // the same as ours
        properties.getProducer().setValueSerializer(ByteArraySerializer.class);
        properties.getProducer().getProperties().put("partitioner.class", "acme.Spread");
        properties.getProducer().getProperties().put("interceptor.classes", "acme.Filter");
        properties.getProducer().getProperties().put("buffer.memory", "4711");
        ProducerConfiguration.of(connection(properties));
        assertThat(output).containsOnlyOnce("acks, interceptor.classes, partitioner.class.");
        assertThat(output).doesNotContain("acme", "4711", "serializer");
    }

    @Test
    void aHostThatSetsNothingReadsNothing(CapturedOutput output) {
        ProducerConfiguration.of(connection(new KafkaProperties()));
        assertThat(output.toString()).isEmpty();
    }

    @Test
    void leavesTheHostsOwnMapAsItIs() {
        Map<String, Object> host = new HashMap<>(HOSTILE);
        ProducerConfiguration.safe(host, LONGEST_BLOCK);
        assertThat(host).isEqualTo(HOSTILE);
    }

    @Test
    void kafkaTakesTheSettings() {
        Map<String, Object> config = ProducerConfiguration.safe(HOSTILE, LONGEST_BLOCK);
        try (var producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            assertThat(producer).isNotNull();
        }
    }

    private static ProducerConfig parsed(Map<String, Object> config) {
        Map<String, Object> all = new HashMap<>(config);
        all.put("key.serializer", ByteArraySerializer.class);
        all.put("value.serializer", ByteArraySerializer.class);
        return new ProducerConfig(all);
    }

    private static KafkaConnection connection(KafkaProperties properties) {
        return new KafkaConnection(properties, (KafkaConnectionDetails) () -> List.of("localhost:1"));
    }
}
