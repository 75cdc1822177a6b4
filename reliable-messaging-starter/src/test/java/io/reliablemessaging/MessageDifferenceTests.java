package io.reliablemessaging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a person is shown of an edit. */
class MessageDifferenceTests {

    @Test
    void namesEachPlaceInJson() {
        assertThat(between(
                        "{\"amount\": 5, \"lines\": [{\"id\": 1}, 2, 3], \"a/b\": true, \"gone\": null}",
                        "{\"amount\": 7, \"lines\": [{\"id\": 2}, 2], \"a/b\": false, \"new\": {\"x\": [1]}}"))
                .containsExactly(
                        "/a~1b: true -> false",
                        "/amount: 5 -> 7",
                        "/gone: removed null",
                        "/lines/0/id: 1 -> 2",
                        "/lines/2: removed 3",
                        "/new: added {\"x\":[1]}");
        assertThat(between("5", "\"5\"")).containsExactly("payload: 5 -> \"5\"");
        assertThat(between("{\"a\":1}", "{ \"a\": 1 }")).containsExactly("payload: the same JSON, written differently");
    }

    @Test
    void numbersAreNotRounded() {
        assertThat(between("{\"a\":0.1}", "{\"a\":0.10000000000000000001}")).hasSize(1);
        assertThat(between("9007199254740993", "9007199254740992")).hasSize(1);
    }

    @Test
    void namesLinesOfOtherText() {
        assertThat(between("one\ntwo\nthree\nfour", "one\n2\nthree\nfour")).containsExactly("line 2: \"two\" -> \"2\"");
        assertThat(between("one\nfour", "one\ntwo\nfour")).containsExactly("line 2: added \"two\"");
        assertThat(between("one\ntwo\nfour", "one\nfour")).containsExactly("line 2: removed \"two\"");
        assertThat(between("a\na", "a")).containsExactly("line 2: removed \"a\"");
    }

    @Test
    void namesTheFirstByteOfAllElse() {
        assertThat(between(new byte[] {1, -1, 3}, new byte[] {1, -1, 4, 5}))
                .containsExactly("payload: differs at byte 2 (3 bytes -> 4 bytes)");
        byte[] large = new byte[(256 << 10) + 1];
        assertThat(between(large, "{}".getBytes(UTF_8)))
                .containsExactly("payload: differs at byte 0 (262145 bytes -> 2 bytes)");
        assertThat(between(null, "{}".getBytes(UTF_8))).containsExactly("line 1: \"\" -> \"{}\"");
    }

    @Test
    void isBoundedAndCanBeShown() {
        String many = "x\n".repeat(300);
        List<String> lines = between(many, many.replace("x", "y"));
        assertThat(lines).hasSize(101).last().isEqualTo("and 200 more");
        assertThat(between("{\"a\":\"" + "x".repeat(10_000) + "\"}", "{\"a\":\"\\u0000\"}"))
                .singleElement()
                .satisfies(line -> assertThat(line).hasSizeLessThan(1000).doesNotContain("\0"));
        String deep = "[".repeat(100_000);
        assertThat(between(deep, deep + "]")).hasSize(1);
    }

    @Test
    void namesHeaders() {
        assertThat(MessageDifference.between(
                        null, null, Map.of("a", "1", "b", "2", "same", "s"), Map.of("b", "3", "c", "4", "same", "s")))
                .containsExactly("header a: removed \"1\"", "header b: \"2\" -> \"3\"", "header c: added \"4\"");
    }

    private static List<String> between(String before, String after) {
        return between(before.getBytes(UTF_8), after.getBytes(UTF_8));
    }

    private static List<String> between(byte[] before, byte[] after) {
        return MessageDifference.between(before, after, Map.of(), Map.of());
    }
}
