package io.reliablemessaging.inbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessageId;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a message's checksum tells apart. */
class ArrivedMessageTests {

    private static final MessageId ID = new MessageId(new UUID(1, 2));

    @Test
    void theSameBytesHaveTheSameChecksum() {
        assertThat(of("key", "value")).isEqualTo(of("key", "value"));
    }

    @Test
    void whateverDiffersInKeyOrValueHasAnotherChecksum() {
        List<ArrivedMessage> all = List.of(
                of("key", "value"),
                of("kez", "value"),
                of("key", "valuf"),
                of("keyv", "alue"),
                of("", "keyvalue"),
                of(null, "keyvalue"),
                of("keyvalue", ""),
                of("keyvalue", null),
                of("", ""),
                of(null, ""),
                of("", null),
                of(null, null));
        assertThat(all).doesNotHaveDuplicates();
    }

    private static ArrivedMessage of(@Nullable String key, @Nullable String value) {
        return ArrivedMessage.of(
                ID, key == null ? null : key.getBytes(UTF_8), value == null ? null : value.getBytes(UTF_8));
    }
}
