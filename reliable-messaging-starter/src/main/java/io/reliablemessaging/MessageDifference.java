package io.reliablemessaging;

import io.reliablemessaging.text.FailureText;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Describes what an edit has changed, one line for each place: {@code /amount: 5 -> 7} in JSON, lines in other text, and only the
 * first byte in all else and in payloads of more than 256 kB. Bounded in lines and in their lengths.
 */
final class MessageDifference {

    private static final int LARGEST = 256 << 10;
    private static final int MOST_LINES = 100;
    private static final int LONGEST_VALUE = 200;
    // numbers must not become equal by rounding
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final List<String> lines = new ArrayList<>();
    private int more;

    private MessageDifference() {}

    /** Describes the differences between two payloads and their headers, the headers first. */
    static List<String> between(
            byte @Nullable [] before,
            byte @Nullable [] after,
            Map<String, String> headersBefore,
            Map<String, String> headersAfter) {
        MessageDifference difference = new MessageDifference();
        difference.headers(headersBefore, headersAfter);
        if (!Arrays.equals(before, after)) {
            difference.payloads(before == null ? new byte[0] : before, after == null ? new byte[0] : after);
        }
        if (difference.more > 0) {
            difference.lines.add("and %d more".formatted(difference.more));
        }
        return List.copyOf(difference.lines);
    }

    private void headers(Map<String, String> before, Map<String, String> after) {
        TreeSet<String> names = new TreeSet<>(before.keySet());
        names.addAll(after.keySet());
        for (String name : names) {
            change("header " + name, quoted(before.get(name)), quoted(after.get(name)));
        }
    }

    private void payloads(byte[] before, byte[] after) {
        if (before.length > LARGEST || after.length > LARGEST) {
            bytes(before, after);
            return;
        }
        JsonNode oldTree = tree(before);
        JsonNode newTree = tree(after);
        if (oldTree != null && newTree != null) {
            int unchanged = lines.size();
            nodes(JsonPointer.empty(), oldTree, newTree);
            if (lines.size() == unchanged) {
                add("payload: the same JSON, written differently");
            }
            return;
        }
        String oldText = text(before);
        String newText = text(after);
        if (oldText == null || newText == null) {
            bytes(before, after);
        } else {
            lines(oldText.split("\n", -1), newText.split("\n", -1));
        }
    }

    private void bytes(byte[] before, byte[] after) {
        add("payload: differs at byte %d (%d bytes -> %d bytes)"
                .formatted(Arrays.mismatch(before, after), before.length, after.length));
    }

    // without the lines that both begin and end with
    private void lines(String[] before, String[] after) {
        int begin = 0;
        int most = Math.min(before.length, after.length);
        while (begin < most && before[begin].equals(after[begin])) {
            begin++;
        }
        int end = 0;
        while (end < most - begin && before[before.length - 1 - end].equals(after[after.length - 1 - end])) {
            end++;
        }
        for (int i = begin; i < Math.max(before.length, after.length) - end; i++) {
            change(
                    "line %d".formatted(i + 1),
                    i < before.length - end ? quoted(before[i]) : null,
                    i < after.length - end ? quoted(after[i]) : null);
        }
    }

    private void nodes(JsonPointer place, JsonNode before, JsonNode after) {
        if (before.isObject() && after.isObject()) {
            TreeSet<String> names = new TreeSet<>(before.propertyNames());
            names.addAll(after.propertyNames());
            names.forEach(name -> node(place.appendProperty(name), before.get(name), after.get(name)));
        } else if (before.isArray() && after.isArray()) {
            for (int i = 0; i < Math.max(before.size(), after.size()); i++) {
                node(place.appendIndex(i), before.get(i), after.get(i));
            }
        } else if (!before.equals(after)) {
            change(place.toString().isEmpty() ? "payload" : place.toString(), before.toString(), after.toString());
        }
    }

    private void node(JsonPointer place, @Nullable JsonNode before, @Nullable JsonNode after) {
        if (before != null && after != null) {
            nodes(place, before, after);
        } else {
            change(
                    place.toString(),
                    before == null ? null : before.toString(),
                    after == null ? null : after.toString());
        }
    }

    private void change(String place, @Nullable String before, @Nullable String after) {
        if (before == null && after != null) {
            add("%s: added %s".formatted(place, cut(after)));
        } else if (before != null && after == null) {
            add("%s: removed %s".formatted(place, cut(before)));
        } else if (before != null && after != null && !before.equals(after)) {
            add("%s: %s -> %s".formatted(place, cut(before), cut(after)));
        }
    }

    private void add(String line) {
        if (lines.size() < MOST_LINES) {
            lines.add(FailureText.storable(line, 4 * LONGEST_VALUE));
        } else {
            more++;
        }
    }

    private static String cut(String value) {
        return FailureText.storable(value, LONGEST_VALUE);
    }

    private static @Nullable String quoted(@Nullable String value) {
        return value == null ? null : "\"" + value + "\"";
    }

    private static @Nullable JsonNode tree(byte[] payload) {
        try {
            JsonNode read = JSON.readTree(payload);
            return read.isMissingNode() ? null : read;
        } catch (JacksonException e) {
            return null; // no JSON, or nested too deeply to be shown
        }
    }

    private static @Nullable String text(byte[] payload) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(payload))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
