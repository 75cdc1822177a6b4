package io.reliablemessaging.hostile;

import static io.reliablemessaging.hostile.HostileRecord.dead;
import static io.reliablemessaging.hostile.HostileRecord.handled;
import static io.reliablemessaging.hostile.HostileRecords.MEGABYTE;
import static io.reliablemessaging.hostile.HostileRecords.SECRET;
import static io.reliablemessaging.hostile.HostileRecords.broken;
import static io.reliablemessaging.hostile.HostileRecords.bytes;
import static io.reliablemessaging.hostile.HostileRecords.fine;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.reliablemessaging.hostile.HostileRecord.Fate;
import io.reliablemessaging.hostile.HostileRecord.Way;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;

/** Values that are no JSON, or JSON that no {@link Parcel} can be made of. */
final class HostileJson {

    private static final String LIMIT = "longer or deeper than the parser allows";
    private static final String NO_JSON = "this is no JSON";
    private static final String UNREADABLE = "cannot be read as " + Parcel.class.getName();
    private static final int DEEP = 100_000;

    private HostileJson() {}

    static List<HostileRecord> all() {
        List<HostileRecord> all = new ArrayList<>();
        addEmpty(all);
        addDeep(all);
        addNumbers(all);
        addTexts(all);
        addEncodings(all);
        addShapes(all);
        addSizes(all);
        return all;
    }

    private static String field(String name, String json) {
        return "{\"name\":\"%s\",\"%s\":%s}".formatted(SECRET, name, json);
    }

    private static void addEmpty(List<HostileRecord> all) {
        all.add(handled("no value", (byte[]) null));
        all.add(dead("an empty value", "", UNREADABLE));
        all.add(dead("blanks only", " \n\t ", UNREADABLE));
        all.add(dead("null", "null", "JSON value null"));
        all.add(dead("null with blanks", " \r\nnull\t", "JSON value null"));
        all.add(handled("an empty object", "{}"));
        all.add(dead("an empty array", "[]", UNREADABLE));
        all.add(dead("an empty text", "\"\"", UNREADABLE));
        all.add(dead("a text", "\"%s\"".formatted(SECRET), UNREADABLE));
        all.add(dead("a number", "17", UNREADABLE));
        all.add(handled(
                "null in every field",
                "{\"name\":null,\"count\":null,\"price\":null,\"at\":null,\"color\":null,\"tags\":null,\"notes\":null,"
                        + "\"remark\":null,\"shape\":null,\"any\":null}"));
        all.add(handled("null inside of lists and maps", "{\"tags\":[null],\"notes\":{\"a\":null}}"));
    }

    private static void addDeep(List<HostileRecord> all) {
        String arrays = "[".repeat(DEEP);
        String objects = "{\"next\":".repeat(DEEP);
        all.add(dead("nested arrays", arrays, UNREADABLE));
        all.add(dead("nested arrays, closed", arrays + "]".repeat(DEEP), UNREADABLE));
        all.add(dead("nested arrays in a free field", field("any", arrays), LIMIT));
        all.add(dead("nested objects in a free field", field("any", objects), LIMIT));
        all.add(dead("nested objects of one class", objects, LIMIT));
        all.add(dead("nested arrays in an unknown field", field("unknown", arrays), LIMIT));
    }

    private static void addNumbers(List<HostileRecord> all) {
        String digits = "9".repeat(100_000);
        for (String each : List.of("count", "weight", "ratio", "price", "number", "at", "took", "any")) {
            all.add(dead("100,000 digits in " + each, field(each, digits), LIMIT));
        }
        for (String each : List.of("count", "weight", "number")) {
            all.add(dead("1e1000000000 in " + each, field(each, "1e1000000000"), UNREADABLE));
        }
        for (String each : List.of("price", "at", "took")) {
            all.add(handled("1e1000000000 in " + each, field(each, "1e1000000000")));
        }
        all.add(handled("1e400 in ratio", field("ratio", "1e400")));
        all.add(handled("1e400 in a free field", field("any", "1e400")));
        all.add(handled("-0.0", field("ratio", "-0.0")));
        all.add(dead("1e400 in count", field("count", "1e400"), UNREADABLE));
        all.add(dead("a number out of range", field("count", "2147483648"), "out of range"));
        all.add(dead("a number out of range of long", field("weight", "9223372036854775808"), "out of range"));
        all.add(dead("NaN", field("ratio", "NaN"), NO_JSON));
        all.add(dead("a leading zero", field("count", "007"), NO_JSON));
    }

    private static void addTexts(List<HostileRecord> all) {
        all.add(dead("NUL, escaped", "{\"name\":\"a\\u0000b\"}", "0x00"));
        all.add(dead("NUL, raw", "{\"name\":\"a\0b\"}", NO_JSON));
        all.add(handled("NUL in a field that nobody stores", field("remark", "\"\\u0000\"")));
        all.add(handled("half a surrogate pair, escaped", "{\"name\":\"a\\ud800b\"}"));
        all.add(dead("half a surrogate pair, raw", raw("{\"name\":\"", bytes(0xed, 0xa0, 0x80), "\"}"), UNREADABLE));
        all.add(dead("not UTF-8", raw("{\"name\":\"", bytes(0xc3, 0x28, 0xff), "\"}"), UNREADABLE));
        all.add(dead("not UTF-8, in a name", raw("{\"", bytes(0xff, 0xfe, 0xfd), "\":1}"), UNREADABLE));
        all.add(dead("a character in too many bytes", raw("{\"name\":\"", bytes(0xc0, 0x80), "\"}"), "0x00"));
        all.add(handled("beyond Unicode", raw("{\"name\":\"", bytes(0xf7, 0xbf, 0xbf, 0xbf), "\"}")));
        all.add(handled("text that looks like a log line", "{\"name\":\"x\\r\\n2026 ERROR ${jndi:ldap://x} {} %s\"}"));
    }

    private static void addEncodings(List<HostileRecord> all) {
        all.add(handled("a byte order mark", "\ufeff" + fine()));
        all.add(dead("a byte order mark and null", "\ufeffnull", "JSON value null"));
        all.add(handled("UTF-16, big endian", fine().getBytes(UTF_16BE)));
        all.add(handled("UTF-16, little endian", fine().getBytes(UTF_16LE)));
        all.add(dead("null in UTF-16", "null".getBytes(UTF_16LE), "JSON value null"));
        all.add(handled("UTF-32", fine().getBytes(Charset.forName("UTF-32BE"))));
        all.add(dead("UTF-16, cut", java.util.Arrays.copyOf(fine().getBytes(UTF_16LE), 21), UNREADABLE));
        all.add(dead("a Java object", bytes(0xac, 0xed, 0x00, 0x05, 's', 'r', 0, 17), UNREADABLE));
        all.add(dead("CBOR", bytes(0xd9, 0xd9, 0xf7, 0xa1, 0x61, 'a', 1), UNREADABLE));
        all.add(dead("XML", "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>", UNREADABLE));
    }

    private static void addShapes(List<HostileRecord> all) {
        all.add(dead("cut in the middle", broken(), "ends too early"));
        all.add(dead("two documents", fine() + fine(), UNREADABLE));
        all.add(dead("garbage behind", fine() + " ;" + SECRET, UNREADABLE));
        all.add(dead("null twice", "null null", "JSON value null"));
        all.add(handled("a field twice", "{\"name\":\"a\",\"name\":\"b\"}"));
        all.add(handled("an unknown field", field("unknown", "{\"a\":[1,{}]}")));
        all.add(handled("fields of every object", field("class", "\"java.lang.Runtime\"")));
        all.add(dead("a comment", "/* %s */ {}".formatted(SECRET), NO_JSON));
        all.add(dead("single quotes", "{'name':'%s'}".formatted(SECRET), NO_JSON));
        all.add(dead("a text in place of a number", field("count", "\"%s\"".formatted(SECRET)), "java.lang.Integer"));
        all.add(dead("an object in place of a text", "{\"name\":{\"a\":\"%s\"}}".formatted(SECRET), UNREADABLE));
        all.add(dead("a list in place of a map", field("notes", "[1]"), UNREADABLE));
        all.add(dead("a text in a list of maps", field("notes", "{\"%s\":\"x\"}".formatted(SECRET)), UNREADABLE));
        all.add(dead("a day that is none", field("day", "\"2026-02-30\""), UNREADABLE));
        all.add(dead("a time out of range", field("at", "\"+1000000001-01-01T00:00:00Z\""), UNREADABLE));
        all.add(handled("the last time there is", field("at", "\"+1000000000-12-31T23:59:59.999999999Z\"")));
        all.add(dead("no UUID", field("id", "\"%s\"".formatted(SECRET)), "java.util.UUID"));
        all.add(dead("an enum constant that is none", field("color", "\"%s\"".formatted(SECRET)), "RED, GREEN"));
        all.add(dead("an enum constant by a number", field("color", "99"), "Color"));
        all.add(dead("a type that is none", field("shape", "{\"@type\":\"%s\"}".formatted(SECRET)), "no type id"));
        all.add(dead("no type at all", field("shape", "{\"radius\":1}"), "Shape"));
        all.add(dead(
                "the class of a gadget as type",
                field("shape", "{\"@type\":\"com.sun.rowset.JdbcRowSetImpl\",\"dataSourceName\":\"ldap://x\"}"),
                "no type id"));
        all.add(handled("a class as type in a free field", field("any", "[\"java.lang.Runtime\",{\"@class\":\"x\"}]")));
    }

    private static void addSizes(List<HostileRecord> all) {
        String large = "x".repeat(MEGABYTE);
        all.add(handled("a text of 1 MB", "{\"name\":\"%s\"}".formatted(large)));
        all.add(dead("a text of 1 MB, cut", "{\"name\":\"%s".formatted(SECRET + large), "ends too early"));
        all.add(dead("a name of 1 MB", "{\"%s\":1}".formatted(large), LIMIT));
        all.add(dead("a number of 1 MB", field("count", "1".repeat(MEGABYTE)), LIMIT));
        all.add(handled("500,000 empty lists", field("any", "[%s[]]".formatted("[],".repeat(300_000)))));
        // the topic takes 1,048,588 bytes, of which a batch with one record needs some
        all.add(dead("as large as its topic takes", "{\"name\":\"" + "y".repeat(1_048_440), "ends too early"));
        all.add(dead("5 MB that are small on their way", broken() + "0".repeat(5_000_000), "ends too early")
                .sent(Way.COMPRESSED)
                .ends(Fate.DEAD_AND_TOO_LARGE, "ends too early"));
    }

    private static byte[] raw(String begin, byte[] middle, String end) {
        byte[] first = begin.getBytes(UTF_8);
        byte[] last = end.getBytes(UTF_8);
        return ByteBuffer.allocate(first.length + middle.length + last.length)
                .put(first)
                .put(middle)
                .put(last)
                .array();
    }
}
