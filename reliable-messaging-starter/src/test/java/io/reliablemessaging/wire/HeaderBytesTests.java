package io.reliablemessaging.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeaderBytesTests {

    @Test
    void headersComeBackExactlyAsTheyWere() {
        assertThat(HeaderBytes.decode(HeaderBytes.encode(some()))).isEqualTo(some());
    }

    @Test
    void noHeadersAreNoHeaders() {
        assertThat(HeaderBytes.decode(HeaderBytes.encode(new RecordHeaders()))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {65_535, 65_536, 70_000})
    void aLongNameComesBack(int length) {
        Headers headers =
                new RecordHeaders().add("n".repeat(length), new byte[] {1}).add("after", null);
        assertThat(HeaderBytes.decode(HeaderBytes.encode(headers))).isEqualTo(headers);
    }

    @ParameterizedTest
    @ValueSource(ints = {65_534, 65_535, 65_536, 65_540})
    void manyHeadersComeBack(int count) {
        RecordHeaders headers = new RecordHeaders();
        for (int i = 0; i < count; i++) {
            headers.add("h", new byte[] {(byte) i});
        }
        assertThat(HeaderBytes.decode(HeaderBytes.encode(headers))).isEqualTo(headers);
    }

    @Test
    void whatAnEarlierReleaseWroteIsReadAndWhatItCanReadIsWritten() throws IOException {
        byte[] before = asBefore(some());
        assertThat(HeaderBytes.decode(before)).isEqualTo(some());
        assertThat(HeaderBytes.encode(some())).isEqualTo(before);
        Headers all = new RecordHeaders();
        for (int i = 0; i < 65_535; i++) {
            all.add("h", new byte[0]);
        }
        assertThat(HeaderBytes.decode(asBefore(all))).isEqualTo(all);
    }

    @Test
    void whatAnEarlierReleaseCouldNotStoreIsUnreadableAndNotHalfOfIt() throws IOException {
        RecordHeaders many = new RecordHeaders();
        for (int i = 0; i < 65_540; i++) {
            many.add("h", new byte[0]);
        }
        assertUnreadable(asBefore(many));
        assertUnreadable(asBefore(new RecordHeaders().add("n".repeat(70_000), new byte[0])));
    }

    /** Bytes as the first release has written them, not as this one would. */
    @Test
    void theFormatOfTheFirstReleaseIsRead() {
        byte[] stored = HexFormat.of()
                .parseHex(
                        "0003" // three headers
                                + "000d" + "726d2d6d6573736167652d6964" + "00000002" + "3432" // rm-message-id: 42
                                + "0001" + "6e" + "ffffffff" // n without a value
                                + "0005" + "6772c3bc6e" + "00000000"); // grün: nothing
        Headers headers = HeaderBytes.decode(stored);
        assertThat(headers.toArray()).extracting(Header::key).containsExactly("rm-message-id", "n", "gr\u00fcn");
        assertThat(WireHeaders.text(headers, "rm-message-id")).isEqualTo("42");
        assertThat(headers.lastHeader("n").value()).isNull();
        assertThat(headers.lastHeader("gr\u00fcn").value()).isEmpty();
        assertThat(HeaderBytes.encode(headers))
                .as("an instance of the first release reads it too")
                .isEqualTo(stored);
    }

    @Test
    void theWideFormatIsRead() {
        byte[] stored = HexFormat.of().parseHex("ffff" + "01" + "00000001" + "00000001" + "6e" + "00000001" + "2a");
        assertThat(HeaderBytes.decode(stored)).isEqualTo(new RecordHeaders().add("n", new byte[] {42}));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 127, 128, 255})
    void aFormatOfANewerReleaseIsRefusedWithItsNumber(int format) {
        byte[] stored = {-1, -1, (byte) format, 0, 0, 0, 0};
        assertThatThrownBy(() -> HeaderBytes.decode(stored))
                .hasMessageContaining("are in format " + format + ", and this release reads formats up to 1")
                .hasMessageContaining("Upgrade this instance");
        HeaderBytes.Decoded decoded = HeaderBytes.tryDecode(stored);
        assertThat(decoded.headers()).isEmpty();
        assertThat(decoded.failure()).hasMessageContaining("format " + format);
    }

    @Test
    void bytesThatWereCutShortAreNotTakenForHeaders() {
        RecordHeaders wide = new RecordHeaders();
        wide.add("n".repeat(70_000), new byte[10]);
        for (byte[] bytes : new byte[][] {HeaderBytes.encode(some()), HeaderBytes.encode(wide)}) {
            for (int length : new int[] {0, 1, 2, 3, 4, 6, 8, bytes.length / 2, bytes.length - 1}) {
                assertUnreadable(Arrays.copyOf(bytes, length));
            }
        }
    }

    @Test
    void aLengthOfNonsenseAsksForNoMemory() {
        assertUnreadable(new byte[] {0, 1, 0, 1, 'n', 0x7f, -1, -1, -1});
        assertUnreadable(new byte[] {-1, -1, 1, -1, -1, -1, -1});
        assertUnreadable(new byte[] {-1, -1, 1, 0, 0, 0, 1, -1, -1, -1, -1});
    }

    @Test
    void aHeaderIsFoundInTheBytes() {
        String encoded = new String(HeaderBytes.encode(some()), StandardCharsets.ISO_8859_1);
        assertThat(encoded)
                .contains(new String(HeaderBytes.partOf("text", "grün"), StandardCharsets.ISO_8859_1))
                .doesNotContain(new String(HeaderBytes.partOf("text", "grü"), StandardCharsets.ISO_8859_1));
    }

    private static Headers some() {
        RecordHeaders headers = new RecordHeaders();
        headers.add("text", "grün".getBytes(StandardCharsets.UTF_8));
        headers.add("repeated", new byte[] {1});
        headers.add("repeated", new byte[] {0, (byte) 0xff, (byte) 0xfe});
        headers.add("nothing", null);
        headers.add("empty", new byte[0]);
        return headers;
    }

    private static void assertUnreadable(byte[] bytes) {
        assertThatThrownBy(() -> HeaderBytes.decode(bytes)).hasMessageContaining("cut short");
    }

    private static byte[] asBefore(Headers headers) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeShort(headers.toArray().length);
        for (Header header : headers) {
            byte[] name = header.key().getBytes(StandardCharsets.UTF_8);
            out.writeShort(name.length);
            out.write(name);
            out.writeInt(header.value() == null ? -1 : header.value().length);
            if (header.value() != null) {
                out.write(header.value());
            }
        }
        return bytes.toByteArray();
    }
}
