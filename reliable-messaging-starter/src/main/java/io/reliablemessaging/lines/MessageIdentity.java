package io.reliablemessaging.lines;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.wire.ReceivedMessage;
import io.reliablemessaging.wire.WireHeaders;
import io.reliablemessaging.wire.WireMessage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Finds the id of a record's message: in our header, in the header that the application has configured, in the source and id
 * of a CloudEvent (binary mode), or else from its place, which is unique while the topic exists. No content of a record
 * makes it fail, and two different texts never give one id.
 */
public final class MessageIdentity {

    private static final String CLOUD_EVENT_ID = "ce_id";
    private static final String CLOUD_EVENT_SOURCE = "ce_source";
    private static final int UUID_LENGTH = 36;
    // the last year that every database and tool can represent
    private static final long LATEST =
            LocalDate.of(9999, 12, 31).atStartOfDay().toInstant(ZoneOffset.UTC).toEpochMilli();

    private final @Nullable String header;

    /**
     * Creates the reader of ids.
     *
     * @param header header with the id of messages from other senders, or null
     */
    public MessageIdentity(@Nullable String header) {
        this.header = header;
    }

    /** Returns the names of headers that an id may come from, besides ours. */
    public Set<String> headers() {
        return header == null
                ? Set.of(CLOUD_EVENT_ID, CLOUD_EVENT_SOURCE)
                : Set.of(header, CLOUD_EVENT_ID, CLOUD_EVENT_SOURCE);
    }

    /**
     * Returns the id of a record's message.
     *
     * @param topicId id of the topic that the record was read from
     */
    MessageId idOf(ConsumerRecord<?, ?> record, Uuid topicId) {
        // a header with our name whose value is no id comes from somebody else
        UUID ours = uuid(record.headers(), WireHeaders.MESSAGE_ID);
        if (ours != null) {
            return new MessageId(ours);
        }
        byte[] theirs = header == null ? null : bytes(record.headers(), header);
        if (header != null && theirs != null) {
            UUID given = uuid(record.headers(), header);
            return new MessageId(given != null ? given : hash(header + "\n", theirs));
        }
        byte[] event = bytes(record.headers(), CLOUD_EVENT_ID);
        byte[] source = bytes(record.headers(), CLOUD_EVENT_SOURCE);
        return event != null && source != null ? cloudEvent(source, event) : byPlace(record, topicId);
    }

    /** Tells whether a record's id comes from its place alone. */
    public boolean isByPlace(ConsumerRecord<?, ?> record, Uuid topicId) {
        return idOf(record, topicId).equals(byPlace(record, topicId));
    }

    /** Returns the message of a record, as a group has received it. */
    public ReceivedMessage message(String group, ConsumerRecord<byte[], byte[]> record, Uuid topicId) {
        WireMessage message = new WireMessage(
                idOf(record, topicId), record.topic(), null, record.key(), record.value(), record.headers());
        return new ReceivedMessage(group, message, record.partition(), record.offset(), publishedAt(record));
    }

    /** Returns the first of these that is a valid time: the sender's publishing time, the record's timestamp, the epoch. */
    Instant publishedAt(ConsumerRecord<?, ?> record) {
        String millis = WireHeaders.text(record.headers(), WireHeaders.PUBLISHED_AT);
        try {
            long published = millis == null ? record.timestamp() : Long.parseLong(millis);
            return Instant.ofEpochMilli(isTime(published) ? published : orEpoch(record.timestamp()));
        } catch (NumberFormatException e) {
            return Instant.ofEpochMilli(orEpoch(record.timestamp()));
        }
    }

    private static long orEpoch(long millis) {
        return isTime(millis) ? millis : 0;
    }

    private static boolean isTime(long millis) {
        return millis >= 0 && millis <= LATEST;
    }

    private static @Nullable UUID uuid(Headers headers, String name) {
        String text = WireHeaders.text(headers, name);
        if (text == null || text.length() != UUID_LENGTH) {
            return null;
        }
        try {
            return MessageId.of(text).value();
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** Returns the last value of a header; null if it is absent, or blank, which would give many messages one id. */
    private static byte @Nullable [] bytes(Headers headers, String name) {
        Header last = headers.lastHeader(name);
        byte[] value = last == null ? null : last.value();
        return value == null || new String(value, StandardCharsets.UTF_8).isBlank() ? null : value;
    }

    // the length marks where the source ends, whatever both contain
    private static MessageId cloudEvent(byte[] source, byte[] event) {
        byte[] both = ByteBuffer.allocate(source.length + event.length)
                .put(source)
                .put(event)
                .array();
        return new MessageId(hash("%s\n%d\n".formatted(CLOUD_EVENT_SOURCE, source.length), both));
    }

    // from the bytes: as text, all that is not UTF-8 looks the same
    private static UUID hash(String kind, byte[] value) {
        byte[] prefix = kind.getBytes(StandardCharsets.UTF_8);
        return UUID.nameUUIDFromBytes(ByteBuffer.allocate(prefix.length + value.length)
                .put(prefix)
                .put(value)
                .array());
    }

    // the offset in the low half: ids of a partition lie side by side in the inbox's index
    private static MessageId byPlace(ConsumerRecord<?, ?> record, Uuid topic) {
        long place = topic.getMostSignificantBits() ^ (31 * topic.getLeastSignificantBits()) ^ record.partition();
        return new MessageId(new UUID(place, record.offset()));
    }
}
