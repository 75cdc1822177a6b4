package io.reliablemessaging.handler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.wire.ReceivedMessage;
import io.reliablemessaging.wire.WireMessage;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.springframework.kafka.support.KafkaHeaders;

/** Headers as Spring's names know them; what a sender writes never passes for what Kafka tells. */
class DeliveryHeadersTests {

    private final RecordHeaders own = new RecordHeaders();

    @Test
    void whatKafkaTellsIsThereUnderSpringsNames() {
        assertThat(all())
                .containsEntry(KafkaHeaders.RECEIVED_TOPIC, "orders")
                .containsEntry(KafkaHeaders.RECEIVED_PARTITION, 3)
                .containsEntry(KafkaHeaders.OFFSET, 4711L)
                .containsEntry(KafkaHeaders.RECEIVED_KEY, "order-42")
                .containsEntry(KafkaHeaders.RECEIVED_TIMESTAMP, 1000L)
                .containsEntry(KafkaHeaders.GROUP_ID, "shipping")
                .containsEntry(KafkaHeaders.DELIVERY_ATTEMPT, 2);
        assertThat(DeliveryHeaders.value(message("order-42"), KafkaHeaders.RECEIVED_KEY))
                .as("bytes, before a parameter says what it wants")
                .isEqualTo("order-42".getBytes(UTF_8));
    }

    @Test
    void aRecordWithoutKeyHasNone() {
        assertThat(DeliveryHeaders.all(message(null))).doesNotContainKey(KafkaHeaders.RECEIVED_KEY);
    }

    @Test
    void whatASenderCallsByThatNameDoesNotCount() {
        own.add(KafkaHeaders.OFFSET, "1".getBytes(UTF_8));
        own.add(KafkaHeaders.RECEIVED_KEY, "forged".getBytes(UTF_8));
        own.add(KafkaHeaders.ACKNOWLEDGMENT, "forged".getBytes(UTF_8));
        assertThat(all())
                .containsEntry(KafkaHeaders.OFFSET, 4711L)
                .containsEntry(KafkaHeaders.RECEIVED_KEY, "order-42")
                .doesNotContainKey(KafkaHeaders.ACKNOWLEDGMENT);
        assertThat(DeliveryHeaders.all(message(null)))
                .as("not even where Kafka tells nothing")
                .doesNotContainKey(KafkaHeaders.RECEIVED_KEY);
    }

    @Test
    void ofSeveralHeadersOfANameTheLastOneCounts() {
        own.add("trace", "first".getBytes(UTF_8));
        own.add("trace", "last".getBytes(UTF_8));
        own.add("none", null);
        assertThat(all()).containsEntry("trace", "last").doesNotContainKey("none");
        assertThat(DeliveryHeaders.value(message("order-42"), "trace")).isEqualTo("last".getBytes(UTF_8));
        assertThat(DeliveryHeaders.value(message("order-42"), "none")).isNull();
        assertThat(DeliveryHeaders.value(message("order-42"), "unknown")).isNull();
    }

    @Test
    void numbersThatSpringKafkaWritesAreNumbersUnlessTheyHaveAnotherLength() {
        own.add(
                KafkaHeaders.DLT_ORIGINAL_PARTITION,
                ByteBuffer.allocate(4).putInt(5).array());
        own.add(
                KafkaHeaders.DLT_ORIGINAL_OFFSET,
                ByteBuffer.allocate(8).putLong(6).array());
        own.add(KafkaHeaders.ORIGINAL_OFFSET, "17".getBytes(UTF_8));
        assertThat(all())
                .containsEntry(KafkaHeaders.DLT_ORIGINAL_PARTITION, 5)
                .containsEntry(KafkaHeaders.DLT_ORIGINAL_OFFSET, 6L)
                .containsEntry(KafkaHeaders.ORIGINAL_OFFSET, "17");
        assertThat(DeliveryHeaders.typeOf(KafkaHeaders.DLT_ORIGINAL_OFFSET)).isEqualTo(Long.class);
        assertThat(DeliveryHeaders.typeOf(KafkaHeaders.RECEIVED_PARTITION)).isEqualTo(Integer.class);
        assertThat(DeliveryHeaders.typeOf("trace")).isEqualTo(String.class);
    }

    @Test
    void aHeaderThatNoMessageCanHaveIsRefusedWithWhatToWrite() {
        assertThat(DeliveryHeaders.insteadOf(KafkaHeaders.TOPIC)).contains("RECEIVED_TOPIC");
        assertThat(DeliveryHeaders.insteadOf(KafkaHeaders.RECEIVED_TOPIC)).isNull();
    }

    private Map<String, Object> all() {
        return DeliveryHeaders.all(message("order-42"));
    }

    private HandlerMessage message(String key) {
        WireMessage message = new WireMessage(
                new MessageId(new UUID(0, 1)),
                "orders",
                null,
                key == null ? null : key.getBytes(UTF_8),
                new byte[1],
                own);
        return new HandlerMessage(
                new ReceivedMessage("shipping", message, 3, 4711, Instant.ofEpochSecond(1)), 2, "payload");
    }
}
