package io.reliablemessaging.lines;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessageId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which message a record is, and when it was published, whatever its headers say. */
class MessageIdentityTests {

    private static final Uuid TOPIC = Uuid.randomUuid();
    private static final long WRITTEN = Instant.parse("2026-11-27T10:00:00Z").toEpochMilli();

    private final MessageIdentity messageIdentity = new MessageIdentity("x-id");

    @Test
    void aWholeUuidIsTheIdItself() {
        String id = "0198C0DE-abcd-7abc-8abc-0123456789ab";
        assertThat(id("rm-message-id", id)).isEqualTo(MessageId.of(id));
        assertThat(id("x-id", id)).isEqualTo(MessageId.of(id));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1-1-1-1-1", "", "secret", "0198c0de-abcd-7abc-8abc-0123456789ag"})
    void aHeaderOfOursThatIsNoUuidIsNotOurs(String text) {
        assertThat(id("rm-message-id", text)).isEqualTo(id());
        assertThat(id("rm-message-id", text, "x-id", "4711")).isEqualTo(id("x-id", "4711"));
    }

    @Test
    void differentTextsAreDifferentMessages() {
        List<MessageId> ids = List.of(
                id("x-id", "9876543210-2026-11-27-0-1"),
                id("x-id", "8876543210-2026-11-27-0-1"),
                id("x-id", "1-1-1-1-1"),
                id("x-id", "00000001-0001-0001-0001-000000000001"),
                id("x-id", "4711"),
                id("ce_source", "x-id", "ce_id", "4711"),
                id("ce_source", "a\nb", "ce_id", "c"),
                id("ce_source", "a", "ce_id", "b\nc"),
                id("ce_source", "ab", "ce_id", "c"),
                id("ce_source", "a", "ce_id", "bc"));
        assertThat(ids).doesNotHaveDuplicates();
    }

    @Test
    void bytesThatAreNotTextAreToldApart() {
        assertThat(id(bytes("x-id", (byte) 0xff))).isNotEqualTo(id(bytes("x-id", (byte) 0xfe)));
        assertThat(id(bytes("x-id", (byte) 0xff))).isEqualTo(id(bytes("x-id", (byte) 0xff)));
        assertThat(id(bytes("x-id", (byte) 0))).isNotEqualTo(id(bytes("x-id", (byte) 0, (byte) 0)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\t"})
    void aBlankIdIsNone(String blank) {
        assertThat(id("x-id", blank)).isEqualTo(id());
        assertThat(id("ce_source", "/shop", "ce_id", blank)).isEqualTo(id());
        assertThat(id("ce_source", blank, "ce_id", "1")).isEqualTo(id());
    }

    @Test
    void aPlaceInATopicThatWasMadeAgainIsAnotherMessage() {
        ConsumerRecord<byte[], byte[]> record = record(WRITTEN, new RecordHeaders());
        assertThat(messageIdentity.idOf(record, Uuid.randomUuid())).isNotEqualTo(messageIdentity.idOf(record, TOPIC));
    }

    @Test
    void theLastOfSeveralHeadersCountsAndOneWithoutAValueIsNone() {
        RecordHeaders headers = new RecordHeaders();
        headers.add("x-id", "1".getBytes(UTF_8)).add("x-id", "2".getBytes(UTF_8));
        assertThat(id(headers)).isEqualTo(id("x-id", "2"));
        headers.add("x-id", null);
        assertThat(id(headers)).isEqualTo(id());
    }

    @ParameterizedTest
    @CsvSource({
        "1795000000000, 1795000000000",
        "0, 0",
        "1795000000000000000, ",
        "-1, ",
        "-9223372036854775808, ",
        "9223372036854775807, ",
        "99999999999999999999, ",
        "253402214400001, ",
        "'', ",
        "yesterday, ",
        "1.5, "
    })
    void aTimeThatCannotBeIsTheRecords(String millis, Long expected) {
        RecordHeaders headers = new RecordHeaders();
        headers.add("rm-published-at", millis.getBytes(UTF_8));
        assertThat(messageIdentity.publishedAt(record(WRITTEN, headers)))
                .isEqualTo(Instant.ofEpochMilli(Optional.ofNullable(expected).orElse(WRITTEN)));
        assertThat(messageIdentity.publishedAt(record(Long.MAX_VALUE, headers)))
                .isEqualTo(Instant.ofEpochMilli(Optional.ofNullable(expected).orElse(0L)));
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1_795_000_000_000_000_000L})
    void aRecordsTimeThatCannotBeIsTheEpoch(long written) {
        assertThat(messageIdentity.publishedAt(record(written, new RecordHeaders())))
                .isEqualTo(Instant.EPOCH);
    }

    private MessageId id(String... pairs) {
        RecordHeaders headers = new RecordHeaders();
        for (int i = 0; i < pairs.length; i += 2) {
            headers.add(pairs[i], pairs[i + 1].getBytes(UTF_8));
        }
        return id(headers);
    }

    private MessageId id(RecordHeaders headers) {
        return messageIdentity.idOf(record(WRITTEN, headers), TOPIC);
    }

    private static RecordHeaders bytes(String name, byte... value) {
        RecordHeaders headers = new RecordHeaders();
        headers.add(name, value);
        return headers;
    }

    private static ConsumerRecord<byte[], byte[]> record(long written, RecordHeaders headers) {
        return new ConsumerRecord<>(
                "topic", 1, 7, written, TimestampType.CREATE_TIME, 0, 0, null, null, headers, Optional.empty());
    }
}
