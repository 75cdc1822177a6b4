package io.reliablemessaging.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.test.KafkaCluster;
import io.reliablemessaging.test.PostgresServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** kill -9 of the shop between the commit and the relay: the next shop delivers what the dead one had committed. */
class CrashIT {

    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final String PRODUCE_REQUEST = "Sent produce request to ";

    @TempDir
    Path logs;

    PostgresServer postgres;
    KafkaCluster kafka;
    String url;

    @BeforeEach
    void start() {
        postgres = PostgresServer.start();
        url = postgres.createDatabase("shop");
        kafka = KafkaCluster.start(1);
    }

    @AfterEach
    void stop() {
        kafka.close();
        postgres.close();
    }

    @Test
    void deliversAfterTheRestartWhatWasCommittedWhileTheBrokerWasDown() throws Exception {
        long order;
        try (ShopProcess dying = startShop("dying")) {
            kafka.broker(0).stop();
            order = dying.shop().place("teapot", false);
            assertThat(count("reliable_messaging.outbox_message")).isOne();
            dying.kill();
        }
        kafka.broker(0).restart();
        assertThat(count("shipments")).isZero();

        assertOneShipmentAfterRestart(order);
    }

    /** The frozen broker takes the message from its network buffer when it wakes, so it is on Kafka twice. */
    @Test
    void makesOneShipmentOfWhatADeadShopHadHandedToTheBroker() throws Exception {
        long order;
        try (ShopProcess dying = startShop("dying")) {
            dying.shop().place("lamp", false); // connects the producer
            await().atMost(LIMIT).until(() -> count("shipments") == 1);
            long before = dying.logged(PRODUCE_REQUEST);
            kafka.broker(0).pause();
            order = dying.shop().place("teapot", false);
            await().atMost(LIMIT).until(() -> dying.logged(PRODUCE_REQUEST) > before);
            dying.kill();
        }
        assertThat(count("reliable_messaging.outbox_message")).isOne();
        kafka.broker(0).resume();

        assertOneShipmentAfterRestart(order);
        assertThat(new Topics(kafka.bootstrapServers()).read("orders"))
                .filteredOn(record -> record.key().equals("order-" + order))
                .hasSizeGreaterThan(1);
    }

    private void assertOneShipmentAfterRestart(long order) throws Exception {
        try (ShopProcess next = startShop("next")) {
            Topics topics = new Topics(kafka.bootstrapServers());
            await().atMost(LIMIT).until(() -> count("reliable_messaging.outbox_message") == 0);
            await().atMost(LIMIT).until(() -> topics.finished("orders", "shipping"));
            assertThat(next.shop().shipmentsOf(order)).hasSize(1);
            assertThat(count("shipments")).isEqualTo(count("orders"));
        }
    }

    private ShopProcess startShop(String name) throws IOException {
        return ShopProcess.start(
                logs.resolve(name + ".log"),
                List.of(
                        "--spring.datasource.url=" + url,
                        "--spring.datasource.username=" + postgres.username(),
                        "--spring.datasource.password=" + postgres.password(),
                        "--spring.kafka.bootstrap-servers=" + kafka.bootstrapServers(),
                        "--logging.level.org.apache.kafka.clients.producer.internals.Sender=trace",
                        // the dead one is soon forgotten
                        "--reliable-messaging.relay.lease=3s",
                        "--spring.kafka.consumer.properties.session.timeout.ms=3000",
                        "--spring.kafka.consumer.properties.heartbeat.interval.ms=500"));
    }

    private long count(String table) {
        var dataSource = new DriverManagerDataSource(url, postgres.username(), postgres.password());
        return JdbcClient.create(dataSource)
                .sql("select count(*) from " + table)
                .query(Long.class)
                .single();
    }
}
