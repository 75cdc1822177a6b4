package io.reliablemessaging.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.Delivery;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.support.LogCapture;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The first message of each kind is told once, whoever else works at the same time. */
class FirstMessagesTests {

    private static final MessageId ID = MessageId.at(Instant.EPOCH);
    private static final String TOPIC = "first-messages-tests";

    private final FirstMessages first = new FirstMessages();

    @Test
    void eachKindIsToldOnce() {
        try (LogCapture log = LogCapture.start()) {
            IntStream.range(0, 200).parallel().forEach(i -> {
                first.published(ID, TOPIC);
                first.sent(new Confirmation(ID, TOPIC, 2, 4711, Instant.EPOCH), Duration.ZERO);
                first.handled(new Delivery("shipping", "group", ID, TOPIC, 2, 4711, 1, Instant.EPOCH));
            });
            assertThat(log.ours(TOPIC)).hasSize(3);
            assertThat(log.ours("First message published: %s to topic %s".formatted(ID, TOPIC)))
                    .hasSize(1);
            assertThat(log.ours("topic %s (partition 2, offset 4711)".formatted(TOPIC)))
                    .hasSize(1);
            assertThat(log.ours("topic %s by listener shipping (group group)".formatted(TOPIC)))
                    .hasSize(1);
        }
    }
}
