package io.reliablemessaging.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every key has a text of its own, by which it can be named. */
class KeyTextTests {

    @ParameterizedTest
    @ValueSource(strings = {"", "k", "grün", "\uD83D\uDE00", "\\x4", "\\xyz0", "x41", "\\X41", "line\nbreak"})
    void aKeyThatIsTextIsShownAsItIs(String key) {
        assertThat(KeyText.of(key.getBytes(UTF_8))).isEqualTo(key);
        assertThat(KeyText.bytes(key)).isEqualTo(key.getBytes(UTF_8));
    }

    @Test
    void aKeyThatIsNoTextIsShownAndNamedInHex() {
        byte[] noText = {(byte) 0xc3, 0x28, 0, (byte) 0xff};
        assertThat(KeyText.of(noText)).isEqualTo("\\xc32800ff");
        assertThat(KeyText.bytes("\\xc32800ff")).isEqualTo(noText);
        assertThat(KeyText.bytes("\\xC32800FF")).isEqualTo(noText);
    }

    @Test
    void aKeyWithNulCanBeNamedBothWays() {
        byte[] nul = "a\0b".getBytes(UTF_8);
        assertThat(KeyText.of(nul)).isEqualTo("\\x610062");
        assertThat(KeyText.bytes("\\x610062")).isEqualTo(nul);
        assertThat(KeyText.bytes("a\0b")).isEqualTo(nul);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\x", "\\x41", "\\xABcd"})
    void aTextThatLooksLikeHexIsShownInHexItselfSoThatNoTwoKeysLookTheSame(String key) {
        String shown = KeyText.of(key.getBytes(UTF_8));
        assertThat(shown).startsWith("\\x5c78");
        assertThat(KeyText.bytes(shown)).isEqualTo(key.getBytes(UTF_8));
    }

    @Test
    void noKeyIsNoKey() {
        assertThat(KeyText.of(null)).isNull();
        assertThat(KeyText.bytes(null)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\uD83D", "a\uDE00b", "\uDE00\uD83D"})
    void halfASurrogatePairNamesNoKey(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KeyText.bytes(text))
                .withMessageContaining("half a surrogate pair")
                .withMessageContaining("name it in hex");
    }
}
