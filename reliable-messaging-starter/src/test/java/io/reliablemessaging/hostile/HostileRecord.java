package io.reliablemessaging.hostile;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;

/**
 * A record that nobody should send, and what must become of it.
 *
 * @param name what is hostile in it
 * @param timestamp of the record, or null for now
 * @param fate what becomes of it if a handler takes a {@link Parcel}
 * @param error part of the class or the text of the error it is dead with
 * @param way how it is written
 */
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
record HostileRecord(
        String name,
        byte @Nullable [] key,
        byte @Nullable [] value,
        List<Header> headers,
        @Nullable Long timestamp,
        Fate fate,
        String error,
        Way way) {

    enum Fate {
        /** It only looks hostile. */
        HANDLED,
        /** A dead letter, in the table and on its topic. */
        DEAD,
        /** A dead letter in the table; the copy for the topic is larger than the topic takes, and waits in quarantine. */
        DEAD_AND_TOO_LARGE,
        /** It says that it is another message, which was received before. */
        DUPLICATE,
        /** No consumer may see it. */
        INVISIBLE
    }

    enum Way {
        PLAIN,
        COMPRESSED,
        ABORTED
    }

    static HostileRecord handled(String name, byte @Nullable [] value) {
        return new HostileRecord(name, name.getBytes(UTF_8), value, List.of(), null, Fate.HANDLED, "", Way.PLAIN);
    }

    static HostileRecord handled(String name, String value) {
        return handled(name, value.getBytes(UTF_8));
    }

    static HostileRecord dead(String name, byte @Nullable [] value, String error) {
        return handled(name, value).ends(Fate.DEAD, error);
    }

    static HostileRecord dead(String name, String value, String error) {
        return dead(name, value.getBytes(UTF_8), error);
    }

    HostileRecord ends(Fate wanted, String with) {
        return new HostileRecord(name, key, value, headers, timestamp, wanted, with, way);
    }

    HostileRecord key(byte @Nullable [] wanted) {
        return new HostileRecord(name, wanted, value, headers, timestamp, fate, error, way);
    }

    HostileRecord at(long millis) {
        return new HostileRecord(name, key, value, headers, millis, fate, error, way);
    }

    HostileRecord sent(Way wanted) {
        return new HostileRecord(name, key, value, headers, timestamp, fate, error, wanted);
    }

    HostileRecord header(String header, byte @Nullable [] content) {
        List<Header> more = new ArrayList<>(headers);
        more.add(new RecordHeader(header, content));
        return new HostileRecord(name, key, value, List.copyOf(more), timestamp, fate, error, way);
    }

    HostileRecord header(String header, String content) {
        return header(header, content.getBytes(UTF_8));
    }

    boolean isDead() {
        return fate == Fate.DEAD || fate == Fate.DEAD_AND_TOO_LARGE;
    }

    @Override
    public String toString() {
        return name;
    }
}
