package io.reliablemessaging.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

/** Headers of strangers: every one can be read, whatever it holds. */
class WireHeadersTests {

    private final Headers headers = new RecordHeaders();

    @Test
    void theLastValueOfANameCounts() {
        headers.add("a", "first".getBytes(UTF_8)).add("b", new byte[0]).add("a", "last".getBytes(UTF_8));
        assertThat(WireHeaders.text(headers, "a")).isEqualTo("last");
        assertThat(WireHeaders.asText(headers)).containsEntry("a", "last").containsEntry("b", "");
    }

    @Test
    void aHeaderWithoutAValueIsNone() {
        headers.add("a", null);
        assertThat(WireHeaders.text(headers, "a")).isNull();
        assertThat(WireHeaders.text(headers, "missing")).isNull();
        assertThat(WireHeaders.asText(headers)).isEmpty();
    }

    @Test
    void bytesThatAreNoTextAreReplaced() {
        headers.add("a", new byte[] {'x', (byte) 0xff, 0, (byte) 0xc3});
        assertThat(WireHeaders.text(headers, "a")).isEqualTo("x\ufffd\0\ufffd");
        assertThat(WireHeaders.asText(headers)).containsEntry("a", "x\ufffd\0\ufffd");
    }
}
