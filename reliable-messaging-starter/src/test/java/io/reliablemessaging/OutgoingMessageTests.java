package io.reliablemessaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutgoingMessageTests {

    @Test
    void collectsItsParts() {
        MessageId id = MessageId.of("0192f3a0-0000-7000-8000-000000000000");
        OutgoingMessage message = OutgoingMessage.to("orders")
                .key("42")
                .header("h", "v")
                .partition(3)
                .id(id)
                .payload("x")
                .build();
        assertThat(message.topic()).isEqualTo("orders");
        assertThat(message.key()).isEqualTo("42");
        assertThat(message.headers()).containsEntry("h", "v");
        assertThat(message.partition()).isEqualTo(3);
        assertThat(message.id()).isEqualTo(id);
        assertThat(message.payload()).isEqualTo("x");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "or ders", "bestellungen/neu", "ü"})
    void refusesWhatIsNoTopicName(String topic) {
        assertThatExceptionOfType(InvalidMessageException.class)
                .isThrownBy(() -> OutgoingMessage.to(topic).build())
                .withMessageContaining("'" + topic + "' is not a topic name");
    }

    @Test
    void refusesReservedHeaders() {
        assertThatExceptionOfType(InvalidMessageException.class)
                .isThrownBy(() -> OutgoingMessage.to("orders")
                        .header("rm-message-id", "1")
                        .build())
                .withMessageContaining("reserved");
    }

    @Test
    void refusesAHeaderWithoutAValueOrAName() {
        assertThatExceptionOfType(InvalidMessageException.class)
                .isThrownBy(() ->
                        OutgoingMessage.to("orders").header("source", null).build())
                .withMessageContaining("Header 'source' of a message to topic orders has no value");
        assertThatExceptionOfType(InvalidMessageException.class)
                .isThrownBy(
                        () -> OutgoingMessage.to("orders").header(null, "shop").build())
                .withMessageContaining("A header of a message to topic orders has no name");
    }

    @Test
    void refusesNegativePartitions() {
        assertThatExceptionOfType(InvalidMessageException.class)
                .isThrownBy(() -> OutgoingMessage.to("orders").partition(-1).build())
                .withMessageContaining("Partition -1 of topic orders");
    }
}
