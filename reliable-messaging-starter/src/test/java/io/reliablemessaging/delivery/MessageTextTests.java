package io.reliablemessaging.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.wire.ReceivedMessage;
import io.reliablemessaging.wire.WireMessage;
import java.time.Instant;
import java.util.UUID;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

/** Log lines name a message by what people search for, and not by what it holds. */
class MessageTextTests {

    @Test
    void aMessageIsNamedWithItsPlaceAndNeitherKeyNorPayloadIsShown() {
        MessageId id = new MessageId(new UUID(0, 1));
        ListenerSettings settings = mock(ListenerSettings.class);
        when(settings.id()).thenReturn("billing");
        WireMessage message = new WireMessage(
                id, "orders", null, "ann@example.org".getBytes(UTF_8), "secret".getBytes(UTF_8), new RecordHeaders());
        String text = MessageText.of(settings, new ReceivedMessage("shipping", message, 3, 4711, Instant.EPOCH));
        assertThat(text)
                .startsWith("Listener billing (group shipping), message %s of topic orders (partition 3, offset 4711), "
                        .formatted(id))
                .doesNotContain("ann", "secret");
    }

    /** As {@code encode(sha256(key), 'hex')} begins in PostgreSQL. */
    @Test
    void aKeyIsNamedByItsHash() {
        assertThat(MessageText.key(new byte[0])).isEqualTo("key hash e3b0c442");
        assertThat(MessageText.key("abc".getBytes(UTF_8))).isEqualTo("key hash ba7816bf");
        assertThat(MessageText.key(null)).isEqualTo("no key");
    }
}
