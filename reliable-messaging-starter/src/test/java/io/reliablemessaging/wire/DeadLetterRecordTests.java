package io.reliablemessaging.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessageId;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class DeadLetterRecordTests {

    private final MessageId id = MessageId.at(Instant.EPOCH);

    @Test
    void keepsTheBytesAndSaysWhereAndWhyItFailed() {
        Headers received = new RecordHeaders().add("binary", new byte[] {(byte) 0xff});
        WireMessage record = DeadLetterRecord.of(received(received), 5, new IllegalStateException("no stock"));
        assertThat(record.topic()).isEqualTo("orders.billing.dlt");
        assertThat(record.value()).isEqualTo("{".getBytes(UTF_8));
        assertThat(record.headers().lastHeader("binary").value()).containsExactly(0xff);
        assertThat(WireHeaders.asText(record.headers()))
                .containsEntry("rm-dlt-message-id", id.toString())
                .containsEntry("rm-message-id", record.id().toString())
                .containsEntry("rm-dlt-original-topic", "orders")
                .containsEntry("rm-dlt-original-partition", "2")
                .containsEntry("rm-dlt-original-offset", "17")
                .containsEntry("rm-dlt-group", "billing")
                .containsEntry("rm-dlt-attempts", "5")
                .containsEntry("rm-dlt-exception-class", "java.lang.IllegalStateException")
                .containsEntry("rm-dlt-exception-message", "no stock");
    }

    @Test
    void eachRecordIsAMessageOfItsOwn() {
        WireMessage first = DeadLetterRecord.of(received(new RecordHeaders()), 5, new IllegalStateException("x"));
        WireMessage second = DeadLetterRecord.of(received(new RecordHeaders()), 5, new IllegalStateException("x"));
        assertThat(List.of(first.id(), second.id(), id)).doesNotHaveDuplicates();
        assertThat(first.id().value().version()).isEqualTo(7);
    }

    @Test
    void anExceptionOfAnySortHasARecord() {
        IllegalStateException circle = new IllegalStateException("a\0b\ud83d" + "x".repeat(30_000_000));
        circle.initCause(new IllegalStateException(circle));
        WireMessage record = DeadLetterRecord.of(received(new RecordHeaders()), 1, circle);
        assertThat(WireHeaders.text(record.headers(), "rm-dlt-exception-message"))
                .startsWith("a\\0b\\ud83dxxx")
                .hasSize(1024);
    }

    @Test
    void headersDoNotGrowFromDeathToDeath() {
        WireMessage first = DeadLetterRecord.of(received(new RecordHeaders()), 5, new IllegalStateException("x"));
        WireMessage second = DeadLetterRecord.of(received(first.headers()), 5, new IllegalStateException("x"));
        assertThat(second.headers().toArray()).hasSameSizeAs(first.headers().toArray());
    }

    @Test
    void cutsLongReasonsAtAWholeCharacter() {
        String reason = "x".repeat(1023) + "üüü";
        WireMessage record = DeadLetterRecord.of(received(new RecordHeaders()), 1, new IllegalStateException(reason));
        assertThat(WireHeaders.text(record.headers(), "rm-dlt-exception-message"))
                .isEqualTo("x".repeat(1023));
    }

    private ReceivedMessage received(Headers headers) {
        WireMessage message = new WireMessage(id, "orders", 2, null, "{".getBytes(UTF_8), headers);
        return new ReceivedMessage("billing", message, 2, 17, Instant.EPOCH);
    }
}
