package io.reliablemessaging.producer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.MessageNotConfirmedException;
import io.reliablemessaging.MessageSender;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.ReliableMessagingTest;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;

/** A direct send hands back the broker's answer, or throws. */
@SpringBootTest(
        classes = DirectSenderIT.Host.class,
        properties = {"spring.application.name=sender-test", "reliable-messaging.sender.timeout=3s"})
@ReliableMessagingTest
class DirectSenderIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    @Autowired
    MessageSender sender;

    private final String bootstrapServers;

    @Autowired
    DirectSenderIT(KafkaConnectionDetails kafka) {
        this.bootstrapServers = String.join(",", kafka.getBootstrapServers());
    }

    @Test
    void handsBackWhereTheBrokerHasWrittenIt() {
        KafkaTopic topic = KafkaTopic.create(bootstrapServers, "direct-" + UUID.randomUUID(), 3);
        Confirmation confirmation = sender.send(OutgoingMessage.to(topic.name())
                .key("k")
                .payload(Map.of("a", 1))
                .build());
        ConsumerRecord<byte[], byte[]> record = topic.records().get(0);
        assertThat(record.value()).isEqualTo("{\"a\":1}".getBytes(UTF_8));
        assertThat(confirmation.topic()).isEqualTo(topic.name());
        assertThat(confirmation.partition()).isEqualTo(record.partition());
        assertThat(confirmation.offset()).isEqualTo(record.offset());
        assertThat(record.headers().lastHeader("rm-message-id").value())
                .isEqualTo(confirmation.id().toString().getBytes(UTF_8));
    }

    @Test
    void completesTheFutureOfEachAsynchronousSend() {
        KafkaTopic topic = KafkaTopic.create(bootstrapServers, "direct-" + UUID.randomUUID(), 1);
        List<CompletableFuture<Confirmation>> sends = IntStream.range(0, 100)
                .mapToObj(i -> sender.sendAsync(
                        OutgoingMessage.to(topic.name()).payload("m" + i).build()))
                .toList();
        assertThat(sends.stream().map(CompletableFuture::join).map(Confirmation::offset))
                .containsExactlyElementsOf(
                        IntStream.range(0, 100).mapToObj(Long::valueOf).toList());
        assertThat(topic.values()).hasSize(100);
    }

    @Test
    void throwsWhatWasNotConfirmedAndNamesIt() {
        OutgoingMessage message =
                OutgoingMessage.to("missing-" + UUID.randomUUID()).payload("x").build();
        assertThatExceptionOfType(MessageNotConfirmedException.class)
                .isThrownBy(() -> sender.send(message))
                .withMessageContaining(message.topic())
                .withMessageContaining("Send it again with the same id")
                .satisfies(e -> assertThat(e.id()).isNotNull());
        assertThat(sender.sendAsync(message))
                .failsWithin(java.time.Duration.ofSeconds(30))
                .withThrowableThat()
                .withCauseInstanceOf(MessageNotConfirmedException.class);
    }
}
