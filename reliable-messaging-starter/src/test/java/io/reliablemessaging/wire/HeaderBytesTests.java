package io.reliablemessaging.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class HeaderBytesTests {

    @Test
    void headersComeBackExactlyAsTheyWere() {
        RecordHeaders headers = new RecordHeaders();
        headers.add("text", "grün".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        headers.add("repeated", new byte[] {1});
        headers.add("repeated", new byte[] {0, (byte) 0xff, (byte) 0xfe});
        headers.add("nothing", null);
        headers.add("empty", new byte[0]);
        assertThat(HeaderBytes.decode(HeaderBytes.encode(headers))).isEqualTo(headers);
    }

    @Test
    void noHeadersAreNoHeaders() {
        assertThat(HeaderBytes.decode(HeaderBytes.encode(new RecordHeaders()))).isEmpty();
    }

    @Test
    void bytesThatWereCutShortAreNotTakenForHeaders() {
        RecordHeaders headers = new RecordHeaders();
        headers.add("name", new byte[10]);
        byte[] bytes = HeaderBytes.encode(headers);
        assertThatThrownBy(() -> HeaderBytes.decode(Arrays.copyOf(bytes, 3))).hasMessageContaining("cut short");
    }
}
