package io.reliablemessaging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A change of a message, as a person describes it. */
class MessageEditTests {

    @Test
    void keepsWhatIsNotNamed() {
        MessageEdit edit = MessageEdit.headersOnly().header("a", "1").withoutHeader("b");
        assertThat(edit.newPayload()).isEmpty();
        assertThat(edit.newHeaders()).containsOnlyKeys("a", "b");
        assertThat(edit.newHeaders().get("a")).get().isEqualTo("1".getBytes(UTF_8));
        assertThat(edit.newHeaders()).containsEntry("b", Optional.empty());
        assertThat(edit.isEmpty()).isFalse();
        assertThat(MessageEdit.headersOnly().isEmpty()).isTrue();
    }

    @Test
    void cannotBeChangedFromOutside() {
        byte[] payload = {1};
        byte[] header = {2};
        MessageEdit first = MessageEdit.payload(payload).header("a", header);
        MessageEdit second = first.header("b", "x");
        payload[0] = 9;
        header[0] = 9;
        first.newPayload().orElseThrow()[0] = 9;
        first.newHeaders().get("a").orElseThrow()[0] = 9;
        assertThat(first.newPayload()).get().isEqualTo(new byte[] {1});
        assertThat(first.newHeaders()).containsOnlyKeys("a");
        assertThat(first.newHeaders().get("a")).get().isEqualTo(new byte[] {2});
        assertThat(second.newHeaders()).containsOnlyKeys("a", "b");
    }

    @Test
    void refusesOurHeadersAndWhatIsNoText() {
        MessageEdit edit = MessageEdit.headersOnly();
        for (Runnable wrong : Map.<String, Runnable>of(
                        "set", () -> edit.header("rm-message-id", "x"),
                        "bytes", () -> edit.header("rm-published-at", new byte[0]),
                        "removed", () -> edit.withoutHeader("rm-dlt-group"))
                .values()) {
            assertThatExceptionOfType(InvalidMessageException.class)
                    .isThrownBy(wrong::run)
                    .withMessageContaining("reserved");
        }
        assertThatExceptionOfType(InvalidMessageException.class).isThrownBy(() -> edit.header("a", "\ud800"));
        assertThatExceptionOfType(InvalidMessageException.class).isThrownBy(() -> MessageEdit.payload("\ud800"));
        assertThatExceptionOfType(InvalidMessageException.class)
                .isThrownBy(() -> MessageEdit.payload(new byte[(30 << 20) + 1]))
                .withMessageContaining("at most");
    }
}
