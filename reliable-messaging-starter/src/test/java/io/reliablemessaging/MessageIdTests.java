package io.reliablemessaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

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
}
