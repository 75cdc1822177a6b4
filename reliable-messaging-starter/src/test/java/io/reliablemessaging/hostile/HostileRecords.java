package io.reliablemessaging.hostile;

import static io.reliablemessaging.hostile.HostileRecord.dead;
import static io.reliablemessaging.hostile.HostileRecord.handled;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.reliablemessaging.hostile.HostileRecord.Way;
import java.util.List;
import java.util.stream.Stream;

/** Records that break parsers, tables, clocks and logs, each with what must become of it. */
final class HostileRecords {

    /** Stands in all that could be quoted; no log line and no text of an error may have it. */
    static final String SECRET = "s3cr3tPayl0ad";

    static final int MEGABYTE = 1_000_000;

    private HostileRecords() {}

    /** All of them; their ids are new each time. */
    static List<HostileRecord> all() {
        return Stream.of(HostileJson.all(), HostileHeaders.all(), keys(), times())
                .flatMap(List::stream)
                .toList();
    }

    /** A payload that any handler can read, and that has the secret. */
    static String fine() {
        return "{\"name\":\"%s\"}".formatted(SECRET);
    }

    /** A payload that no JSON parser can read. */
    static String broken() {
        return "{\"name\":\"%s".formatted(SECRET);
    }

    static byte[] bytes(int... bytes) {
        byte[] all = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            all[i] = (byte) bytes[i];
        }
        return all;
    }

    private static List<HostileRecord> keys() {
        String early = "ends too early";
        return List.of(
                dead("no key", broken(), early).key(null),
                handled("no key, read well", fine()).key(null),
                dead("an empty key", broken(), early).key(bytes()),
                dead("a key with NUL", broken(), early).key(bytes('k', 0, 'k')),
                dead("a key that is not UTF-8", broken(), early).key(bytes(0xff, 0xfe, 0xc3, 0x28)),
                dead("a key of half a surrogate pair", broken(), early).key(bytes(0xed, 0xa0, 0x80)),
                dead("a key that looks like hex", broken(), early).key(bytes('\\', 'x', '6', 'b')),
                dead("a key that looks like a placeholder", broken(), early)
                        .key("${jndi:ldap://127.0.0.1/x} {} %s '; drop table effect; --".getBytes(UTF_8)),
                dead("a key of lines", broken(), early).key("k\n2026-01-01 ERROR forged\r\n".getBytes(UTF_8)),
                dead("a key of 500 KB", broken(), early).key("k".repeat(500_000).getBytes(UTF_8)),
                handled("a key of 500 KB, read well", fine())
                        .key("g".repeat(500_000).getBytes(UTF_8)));
    }

    private static List<HostileRecord> times() {
        String early = "ends too early";
        return List.of(
                dead("timestamp 0", broken(), early).at(0),
                dead("a timestamp far ahead", broken(), early).at(253_402_300_800_000L),
                handled("a timestamp in nanoseconds", fine()).at(1_795_000_000_000_000_000L),
                handled("in a transaction that is aborted", fine())
                        .ends(HostileRecord.Fate.INVISIBLE, "")
                        .sent(Way.ABORTED),
                dead("broken, in a transaction that is aborted", broken(), early)
                        .ends(HostileRecord.Fate.INVISIBLE, "")
                        .sent(Way.ABORTED));
    }
}
