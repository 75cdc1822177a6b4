package io.reliablemessaging.test;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Node;
import org.junit.jupiter.api.Test;

class KafkaClusterIT {

    @Test
    void twoOfThreeBrokersStillConfirmAndAllThreeComeBackFromAPowerCut() throws Exception {
        try (KafkaCluster cluster = KafkaCluster.start(3);
                Records records = new Records(cluster)) {
            records.createTopic(3, Map.of("min.insync.replicas", "2"));
            records.sendAndWait("on three");

            cluster.broker(0).kill();
            records.sendAndWait("on two");
            cluster.broker(0).restart();
            assertThat(cluster.brokers()).allMatch(KafkaBroker::isRunning);

            cluster.brokers().forEach(KafkaBroker::kill);
            cluster.startAll();
            records.sendAndWait("after the power cut");

            assertThat(records.all()).containsExactly("on three", "on two", "after the power cut");
        }
    }

    @Test
    void sendsThoseWhoComeThroughAProxyBackThroughTheProxies() throws Exception {
        List<Integer> proxies = List.of(1001, 1002, 1003);
        try (KafkaCluster cluster = KafkaCluster.startBehindProxies(proxies, Map.of())) {
            String behindProxy = "127.0.0.1:" + cluster.broker(0).proxiedPort();
            assertThat(portsToldAt(behindProxy)).containsExactlyInAnyOrderElementsOf(proxies);
            assertThat(portsToldAt(cluster.bootstrapServers())).hasSize(3).doesNotContainAnyElementsOf(proxies);
        }
    }

    private static List<Integer> portsToldAt(String address) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
            return admin.describeCluster().nodes().get().stream()
                    .map(Node::port)
                    .toList();
        }
    }
}
