package io.reliablemessaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageIdTests {

    @Test
    void isAVersion7UuidThatSortsByTime() {
        Instant time = Instant.parse("2026-11-23T12:00:00.123Z");
        MessageId earlier = MessageId.at(time);
        MessageId later = MessageId.at(time.plusMillis(1));
        assertThat(earlier.value().version()).isEqualTo(7);
        assertThat(earlier.value().variant()).isEqualTo(2);
        assertThat(earlier.value().getMostSignificantBits() >>> 16).isEqualTo(time.toEpochMilli());
        assertThat(earlier.toString()).isLessThan(later.toString());
    }

    @Test
    void readsItsOwnText() {
        MessageId id = MessageId.at(Instant.EPOCH);
        assertThat(MessageId.of(id.toString())).isEqualTo(id);
    }

    @Test
    void readsDigitsInEitherCase() {
        String text = "0198c0de-ABCD-7abc-8abc-0123456789ab";
        assertThat(MessageId.of(text).toString()).isEqualToIgnoringCase(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1-1-1-1-1",
                "9876543210-2026-11-27-0-1",
                "9876543210-2026-7abc-8abc-0123456789",
                "0198c0de-abcd-7abc-8abc-0123456789a",
                "0198c0de-abcd-7abc-8abc-0123456789abc",
                "0198c0deaabcda7abca8abca0123456789ab",
                "0198c0dea-bcd-7abc-8abc-0123456789ab",
                "0198c0de-abcd-7abc-8abc-0123456789ag",
                "0198c0de-abcd-7abc-8abc-01234567 9ab",
                "0198c0de-abcd-7abc-8abc-\u0661123456789ab",
                "+198c0de-abcd-7abc-8abc-0123456789ab"
            })
    void refusesTextsThatAreNotWholeUuids(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MessageId.of(text))
                .withMessageContaining("not a UUID");
    }
}
