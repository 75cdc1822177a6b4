package io.reliablemessaging.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.reliablemessaging.InvalidMessageException;
import io.reliablemessaging.MessageNotConfirmedException;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessageSender;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.SharedServers;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.support.TransactionTemplate;

/** What the broker would refuse fails the transaction that publishes it, and nothing else does. */
class PreflightIT {

    private static final int LIMIT = 2000;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    @Test
    void theLargestMessageThatTheTopicTakesPassesAndOneByteMoreDoesNot() {
        KafkaTopic topic = KafkaTopic.create(
                SharedServers.kafka().bootstrapServers(),
                "small-" + UUID.randomUUID(),
                1,
                Map.of("max.message.bytes", Integer.toString(LIMIT)));
        try (ConfigurableApplicationContext host =
                HostApplication.onSharedServers(Host.class).run()) {
            int largest = LIMIT;
            while (isRefused(host, topic.name(), largest)) {
                largest--;
            }
            assertThat(largest).isGreaterThan(LIMIT / 2);
            publish(host, topic.name(), largest);
            assertThat(topic.awaitValues(1)).hasSize(1);
            // the broker itself draws the line at the same byte
            OutgoingMessage tooLarge = message(topic.name(), largest + 1);
            MessageSender sender = host.getBean(MessageSender.class);
            assertThatExceptionOfType(MessageNotConfirmedException.class)
                    .isThrownBy(() -> sender.send(tooLarge))
                    .withRootCauseInstanceOf(RecordTooLargeException.class);
            assertThatExceptionOfType(InvalidMessageException.class)
                    .isThrownBy(() -> publish(host, topic.name(), LIMIT * 2))
                    .withMessageContaining(topic.name())
                    .withMessageContaining("more than its max.message.bytes");
        }
    }

    @Test
    void aTopicThatNobodyCreatesIsRefusedUntilSomebodyDoes() {
        try (var kafka = io.reliablemessaging.test.KafkaCluster.start(1, Map.of("auto.create.topics.enable", "false"));
                ConfigurableApplicationContext host =
                        HostApplication.onSharedServers(Host.class).on(kafka).run()) {
            assertThatExceptionOfType(InvalidMessageException.class)
                    .isThrownBy(() -> publish(host, "missing", 10))
                    .withMessageContaining("missing does not exist");
            KafkaTopic created = KafkaTopic.create(kafka.bootstrapServers(), "missing", 1);
            org.awaitility.Awaitility.await()
                    .ignoreExceptionsInstanceOf(InvalidMessageException.class)
                    .until(() -> {
                        publish(host, "missing", 10);
                        return true;
                    });
            assertThat(created.awaitValues(1)).hasSize(1);
        }
    }

    /** Sent, it would hold up all messages of the topic: the producer waits for the partition to come. */
    @Test
    void aPartitionThatTheTopicDoesNotHaveIsRefused() {
        KafkaTopic topic =
                KafkaTopic.create(SharedServers.kafka().bootstrapServers(), "partitions-" + UUID.randomUUID(), 2);
        try (ConfigurableApplicationContext host =
                HostApplication.onSharedServers(Host.class).run()) {
            assertThatExceptionOfType(InvalidMessageException.class)
                    .isThrownBy(() -> publish(host, toPartition(topic, 2)))
                    .withMessageContaining(topic.name())
                    .withMessageContaining("partition 2, but the topic has 2");
            publish(host, toPartition(topic, 1));
            topic.awaitValues(1);
            assertThat(topic.records()).singleElement().returns(1, ConsumerRecord::partition);
        }
    }

    private static OutgoingMessage toPartition(KafkaTopic topic, int partition) {
        return OutgoingMessage.to(topic.name())
                .partition(partition)
                .payload("v")
                .build();
    }

    @Test
    void nothingIsRefusedWhileTheClusterIsAway() {
        try (ConfigurableApplicationContext host = HostApplication.onSharedServers(Host.class)
                .with("spring.kafka.bootstrap-servers=127.0.0.1:1", "reliable-messaging.relay.enabled=false")
                .run()) {
            publish(host, "anything", 10);
            publish(host, "anything", 10);
        }
    }

    private static boolean isRefused(ConfigurableApplicationContext host, String topic, int bytes) {
        try {
            host.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
                status.setRollbackOnly();
                host.getBean(MessagePublisher.class).publish(message(topic, bytes));
            });
            return false;
        } catch (InvalidMessageException e) {
            return true;
        }
    }

    private static void publish(ConfigurableApplicationContext host, String topic, int bytes) {
        publish(host, message(topic, bytes));
    }

    private static void publish(ConfigurableApplicationContext host, OutgoingMessage message) {
        host.getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> host.getBean(MessagePublisher.class).publish(message));
    }

    private static OutgoingMessage message(String topic, int bytes) {
        return OutgoingMessage.to(topic).key("k").payload(new byte[bytes]).build();
    }
}
