package io.reliablemessaging.test;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.kafka.core.KafkaAdmin;
import org.springframework.kafka.core.KafkaTemplate;

/** What a user writes, in an application whose own properties lead nowhere. */
@SpringBootTest(
        properties = {
            "reliable-messaging.test.infrastructure=embedded",
            "spring.datasource.url=jdbc:postgresql://nowhere.invalid/none",
            "spring.kafka.bootstrap-servers=nowhere.invalid:9092"
        })
@ReliableMessagingTest
class ReliableMessagingTestIT {

    @Autowired
    JdbcClient jdbc;

    @Autowired
    KafkaTemplate<String, String> kafka;

    @Autowired
    KafkaAdmin kafkaAdmin;

    @Test
    void connectsTheApplicationToPostgres18() {
        assertThat(jdbc.sql("SHOW server_version").query(String.class).single()).startsWith("18.");
    }

    @Test
    void connectsTheApplicationToKafka() throws Exception {
        String topic = "reliable-messaging-test-it";
        try (Admin admin = Admin.create(kafkaAdmin.getConfigurationProperties())) {
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get(60, TimeUnit.SECONDS);
        }

        var sent = kafka.send(topic, "key", "value").get(60, TimeUnit.SECONDS);

        assertThat(sent.getRecordMetadata().offset()).isZero();
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {}
}
