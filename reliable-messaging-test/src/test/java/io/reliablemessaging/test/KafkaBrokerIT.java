package io.reliablemessaging.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class KafkaBrokerIT {

    private static KafkaCluster cluster;
    private static KafkaBroker broker;
    private static Records records;

    @BeforeAll
    static void start() throws Exception {
        cluster = KafkaCluster.start(1);
        broker = cluster.broker(0);
        records = new Records(cluster);
        records.createTopic(1, Map.of());
    }

    @AfterAll
    static void close() {
        records.close();
        cluster.close();
    }

    @Test
    void keepsAcknowledgedRecordsWhenKilled() throws Exception {
        records.sendAndWait("acknowledged before the kill");

        broker.kill();
        assertThat(broker.isRunning()).isFalse();
        broker.restart();

        assertThat(records.all()).contains("acknowledged before the kill");
        records.sendAndWait("sent after the kill");
    }

    @Test
    void keepsRecordsWhenStoppedInOrder() throws Exception {
        String address = broker.bootstrapServer();
        records.sendAndWait("acknowledged before the stop");

        broker.stop();
        assertThat(broker.isRunning()).isFalse();
        broker.restart();

        assertThat(broker.bootstrapServer()).isEqualTo(address);
        assertThat(records.all()).contains("acknowledged before the stop");
    }

    @Test
    void answersOnlyAfterItIsResumed() throws Exception {
        records.sendAndWait("acknowledged before the pause");

        broker.pause();
        assertThat(broker.isRunning()).isTrue();
        Future<RecordMetadata> unanswered = records.send("sent during the pause");
        assertThatThrownBy(() -> unanswered.get(300, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        broker.resume();

        unanswered.get(60, TimeUnit.SECONDS);
        assertThat(records.all()).contains("sent during the pause");
    }

    @Test
    void refusesTopicsThatNobodyCreated() throws Exception {
        try (var admin = Admin.create(Map.of("bootstrap.servers", cluster.bootstrapServers()))) {
            var resource = new ConfigResource(ConfigResource.Type.BROKER, "0");
            var config = admin.describeConfigs(List.of(resource)).all().get(60, TimeUnit.SECONDS);
            assertThat(config.get(resource).get("auto.create.topics.enable").value())
                    .isEqualTo("false");
        }
    }
}
