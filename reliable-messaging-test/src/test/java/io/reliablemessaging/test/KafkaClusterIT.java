package io.reliablemessaging.test;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
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
}
