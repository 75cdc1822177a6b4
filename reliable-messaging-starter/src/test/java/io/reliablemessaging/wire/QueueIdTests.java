package io.reliablemessaging.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessageId;
import java.time.Instant;
import java.util.UUID;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

/** What waits in line with what. */
class QueueIdTests {

    private static final MessageId ONE = new MessageId(new UUID(0, 1));
    private static final MessageId OTHER = new MessageId(new UUID(0, 2));

    @Test
    void messagesOfAKeyWaitInLineWhateverTheirId() {
        assertThat(QueueId.of("order-42".getBytes(UTF_8), ONE))
                .isEqualTo(QueueId.of("order-42".getBytes(UTF_8), OTHER))
                .isNotEqualTo(QueueId.of("order-43".getBytes(UTF_8), ONE));
    }

    /** The tables find it by {@code md5(key)::uuid}. */
    @Test
    void theHashIsTheOneThatPostgresComputes() {
        assertThat(QueueId.of("order-42".getBytes(UTF_8), ONE).value())
                .as("md5('order-42')")
                .isEqualTo(UUID.fromString("4f416b0c-12aa-8c75-4209-da955fb755cc"));
        assertThat(QueueId.of(new byte[0], ONE).value())
                .as("md5('')")
                .isEqualTo(UUID.fromString("d41d8cd9-8f00-b204-e980-0998ecf8427e"));
    }

    @Test
    void aMessageWithoutKeyWaitsByItself() {
        assertThat(QueueId.of(null, ONE)).isEqualTo(new QueueId(ONE.value())).isNotEqualTo(QueueId.of(null, OTHER));
    }

    @Test
    void whereItsGroupKeepsNoOrderAMessageWaitsByItself() {
        ReceivedMessage message = message(new byte[] {1});
        assertThat(message.queue()).isEqualTo(QueueId.of(new byte[] {1}, ONE));
        assertThat(message.alone().queue()).isEqualTo(new QueueId(ONE.value()));
        assertThat(message(null).queue()).isEqualTo(new QueueId(ONE.value()));
    }

    private static ReceivedMessage message(byte[] key) {
        return new ReceivedMessage(
                "shipping",
                new WireMessage(ONE, "orders", null, key, new byte[1], new RecordHeaders()),
                0,
                1,
                Instant.EPOCH);
    }
}
