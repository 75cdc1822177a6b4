package io.reliablemessaging.test;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The configuration of one broker.
 *
 * @param index number of the broker, which is also its node id
 * @param brokerPorts ports at which the brokers serve clients and each other
 * @param controllerPorts ports at which the controllers serve each other
 * @param proxies ports at which clients reach the proxies in front of the brokers; empty without proxies
 * @param proxiedPorts ports at which the brokers serve those proxies; empty without proxies
 */
record BrokerProperties(
        int index,
        List<Integer> brokerPorts,
        List<Integer> controllerPorts,
        List<Integer> proxies,
        List<Integer> proxiedPorts) {

    Map<String, String> create(Path data, Map<String, String> overrides) {
        Map<String, String> properties = new LinkedHashMap<>();
        identity(properties, data);
        fastFailover(properties);
        smallInternalTopics(properties);
        shortGroupTimeouts(properties);
        properties.put("auto.create.topics.enable", "false");
        properties.put("log.cleaner.dedupe.buffer.size", "4194304"); // the default would be half of the heap
        properties.putAll(overrides);
        return properties;
    }

    private void identity(Map<String, String> properties, Path data) {
        String broker = "PLAINTEXT://127.0.0.1:" + brokerPorts.get(index);
        properties.put("process.roles", "broker,controller");
        properties.put("node.id", Integer.toString(index));
        properties.put("listeners", broker + ",CONTROLLER://127.0.0.1:" + controllerPorts.get(index));
        properties.put("advertised.listeners", broker);
        properties.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        properties.put("controller.listener.names", "CONTROLLER");
        properties.put("controller.quorum.voters", voters());
        properties.put("log.dirs", data.toString());
        if (!proxies.isEmpty()) {
            behindProxy(properties);
        }
    }

    /** Adds a second listener: clients that come through a proxy are sent back to the proxies, others are not. */
    private void behindProxy(Map<String, String> properties) {
        properties.merge("listeners", "PROXIED://127.0.0.1:" + proxiedPorts.get(index), BrokerProperties::and);
        properties.merge("advertised.listeners", "PROXIED://127.0.0.1:" + proxies.get(index), BrokerProperties::and);
        properties.merge("listener.security.protocol.map", "PROXIED:PLAINTEXT", BrokerProperties::and);
        properties.put("inter.broker.listener.name", "PLAINTEXT");
    }

    private static String and(String first, String second) {
        return first + "," + second;
    }

    private String voters() {
        return IntStream.range(0, controllerPorts.size())
                .mapToObj(node -> node + "@127.0.0.1:" + controllerPorts.get(node))
                .collect(Collectors.joining(","));
    }

    /** Shortens the session of a broker, 9 s by default: a killed broker can come back only when its session is over. */
    private void fastFailover(Map<String, String> properties) {
        properties.put("broker.session.timeout.ms", isCluster() ? "3000" : "1500");
        properties.put("broker.heartbeat.interval.ms", "300");
    }

    private void smallInternalTopics(Map<String, String> properties) {
        for (String topic : List.of("transaction.state.log", "share.coordinator.state.topic")) {
            properties.put(topic + ".num.partitions", "4");
            properties.put(topic + ".replication.factor", Integer.toString(brokerPorts.size()));
            properties.put(topic + ".min.isr", isCluster() ? "2" : "1");
        }
        properties.put("offsets.topic.num.partitions", "4");
        properties.put("offsets.topic.replication.factor", Integer.toString(brokerPorts.size()));
    }

    /** Allows tests of dying consumers to set shorter sessions and locks; consumers that set nothing keep Kafka's defaults. */
    private static void shortGroupTimeouts(Map<String, String> properties) {
        properties.put("group.initial.rebalance.delay.ms", "0");
        properties.put("group.min.session.timeout.ms", "1000");
        properties.put("group.consumer.min.session.timeout.ms", "1000");
        properties.put("group.consumer.min.heartbeat.interval.ms", "200");
        properties.put("group.share.min.session.timeout.ms", "1000");
        properties.put("group.share.min.heartbeat.interval.ms", "200");
        properties.put("group.share.min.record.lock.duration.ms", "1000");
    }

    private boolean isCluster() {
        return brokerPorts.size() > 1;
    }
}
