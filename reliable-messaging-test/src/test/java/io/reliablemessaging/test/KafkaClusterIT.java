package io.reliablemessaging.test;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
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
        try (ServerSocket proxy = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                KafkaCluster cluster =
                        KafkaCluster.startBehindProxies(Collections.nCopies(3, proxy.getLocalPort()), Map.of());
                Admin throughProxy = Admin.create(Map.of(
                        "bootstrap.servers", "127.0.0.1:" + cluster.broker(0).proxiedPort()));
                Admin direct = Admin.create(Map.of("bootstrap.servers", cluster.bootstrapServers()))) {
            throughProxy.listTopics();
            try (Socket comesBack = proxy.accept()) {
                assertThat(comesBack.isConnected()).isTrue();
            }
            assertThat(direct.listTopics().names().get()).isEmpty();
            throughProxy.close(Duration.ZERO);
        }
    }
}
