package io.reliablemessaging.test;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;

/**
 * A real Kafka 4.2 cluster of one or three brokers; each is a child process that a test can stop, kill, pause and restart. Topics are not
 * created automatically. The brokers and their temporary data never outlive this JVM.
 */
public final class KafkaCluster implements AutoCloseable {

    private final Path directory;
    private final List<KafkaBroker> brokers;

    private KafkaCluster(Path directory, List<KafkaBroker> brokers) {
        this.directory = directory;
        this.brokers = brokers;
    }

    /** Starts a new, empty cluster with Kafka's defaults for topics. See {@link #start(int, Map)}. */
    public static KafkaCluster start(int brokers) {
        return start(brokers, Map.of());
    }

    /**
     * Starts a new, empty cluster on free ports of the loopback address and returns when all its brokers serve clients.
     *
     * @param brokers 1 or 3
     * @param overrides broker properties; they override ours
     * @throws IllegalArgumentException if it is another number
     * @throws IllegalStateException with the end of the log, if a broker does not serve clients within 60 seconds
     */
    public static KafkaCluster start(int brokers, Map<String, String> overrides) {
        if (brokers != 1 && brokers != 3) {
            throw new IllegalArgumentException("A cluster has 1 or 3 brokers, not " + brokers
                    + ": two survive no failure that one would not, and more only cost memory");
        }
        return start(Ports.free(2 * brokers), overrides, List.of());
    }

    /** Starts a new, empty cluster of one broker on this port of the loopback address. */
    static KafkaCluster startAt(int port) {
        return start(List.of(port, Ports.free(1).get(0)), Map.of(), List.of());
    }

    /**
     * Starts a cluster of three with your own proxies in front of the brokers, which can cut and delay: a client that connects to a proxy is
     * sent back to the proxies. The brokers talk to each other directly, as do clients that connect to {@link #bootstrapServers()}.
     *
     * @param proxies ports of the proxies, one for each broker; each must forward to its broker's {@link KafkaBroker#proxiedPort()}
     * @param overrides broker properties; they override ours
     */
    public static KafkaCluster startBehindProxies(List<Integer> proxies, Map<String, String> overrides) {
        if (proxies.size() != 3) {
            throw new IllegalArgumentException("Three brokers need three proxies, not " + proxies.size());
        }
        return start(Ports.free(3 * proxies.size()), overrides, proxies);
    }

    /**
     * Starts a cluster of one with a second listener, which speaks TLS, on {@link KafkaBroker#proxiedPort()}. A client that connects to it is
     * sent back to it. Tests and the broker itself use the other listener, at {@link #bootstrapServers()}.
     *
     * @param overrides broker properties; they override ours. Those of the listener begin with {@code listener.name.proxied.}
     */
    public static KafkaCluster startWithTls(Map<String, String> overrides) {
        List<Integer> ports = Ports.free(3);
        Map<String, String> properties = new HashMap<>(
                Map.of("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:SSL"));
        properties.putAll(overrides);
        return start(ports, properties, ports.subList(2, 3));
    }

    /** @param ports ports of the brokers, then of their controllers, then those to which the proxies forward */
    private static KafkaCluster start(List<Integer> ports, Map<String, String> overrides, List<Integer> proxies) {
        Platform.requirePosix();
        KafkaCluster cluster = prepare(ports, overrides, proxies);
        try {
            cluster.startAll();
            return cluster;
        } catch (RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    private static KafkaCluster prepare(List<Integer> ports, Map<String, String> overrides, List<Integer> proxies) {
        Path directory = Workspace.newDirectory("kafka");
        int brokers = (ports.size() - proxies.size()) / 2;
        String clusterId = Uuid.randomUuid().toString();
        return new KafkaCluster(
                directory,
                IntStream.range(0, brokers)
                        .mapToObj(index -> new BrokerProperties(
                                index,
                                ports.subList(0, brokers),
                                ports.subList(brokers, 2 * brokers),
                                proxies,
                                ports.subList(2 * brokers, ports.size())))
                        .map(properties -> KafkaBroker.prepare(properties, clusterId, directory, overrides))
                        .toList());
    }

    /**
     * Starts all brokers that are not running, together, and returns when all serve clients. Use it when most brokers are down:
     * then none of them could start alone.
     */
    public void startAll() {
        List<KafkaBroker> down =
                brokers.stream().filter(broker -> !broker.isRunning()).toList();
        down.forEach(KafkaBroker::launch);
        down.forEach(KafkaBroker::awaitServing);
    }

    /** Returns all brokers, running or not, as {@code host:port,host:port,host:port}; this stays the same after restarts. */
    public String bootstrapServers() {
        return brokers.stream().map(KafkaBroker::bootstrapServer).collect(Collectors.joining(","));
    }

    /**
     * Returns a broker by its number, from 0, which is also its Kafka node id.
     *
     * @throws IndexOutOfBoundsException if there is no such broker
     */
    public KafkaBroker broker(int index) {
        return brokers.get(index);
    }

    /** Returns all brokers, running or not, in the order of their numbers. */
    public List<KafkaBroker> brokers() {
        return brokers;
    }

    /** Kills all brokers and removes their data. */
    @Override
    public void close() {
        brokers.forEach(KafkaBroker::kill);
        Workspace.remove(directory);
    }

    @Override
    public String toString() {
        return "Kafka cluster at " + bootstrapServers();
    }
}
