package io.reliablemessaging.listener;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.broker.TopicIds;
import io.reliablemessaging.listener.NotDeliveredException.Reason;
import io.reliablemessaging.wire.WireHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Says which message a record is: by our header, by the one that the application has named, by the source and id of a
 * CloudEvent (binary mode), or else by its place, which is unique while the topic exists.
 */
final class Identity {

    private static final String CLOUD_EVENT_ID = "ce_id";
    private static final String CLOUD_EVENT_SOURCE = "ce_source";

    private final TopicIds topics;
    private final @Nullable String header;

    /**
     * Makes it.
     *
     * @param header header that holds the id of messages from other senders, or null
     */
    Identity(TopicIds topics, @Nullable String header) {
        this.topics = topics;
        this.header = header;
    }

    MessageId of(ConsumerRecord<?, ?> record) {
        String ours = WireHeaders.text(record.headers(), WireHeaders.MESSAGE_ID);
        UUID id = ours == null ? null : uuid(ours);
        if (id != null) {
            return new MessageId(id);
        }
        // a header of ours that is no id is not ours, whatever it says
        String theirs = header == null ? null : WireHeaders.text(record.headers(), header);
        if (theirs != null) {
            UUID given = uuid(theirs);
            return new MessageId(given != null ? given : hash(header + "\n" + theirs));
        }
        String event = WireHeaders.text(record.headers(), CLOUD_EVENT_ID);
        String source = WireHeaders.text(record.headers(), CLOUD_EVENT_SOURCE);
        return event != null && source != null ? new MessageId(hash(source + "\n" + event)) : byPlace(record);
    }

    /** When the sender published it, or else the record's timestamp. */
    Instant publishedAt(ConsumerRecord<?, ?> record) {
        String millis = WireHeaders.text(record.headers(), WireHeaders.PUBLISHED_AT);
        try {
            return Instant.ofEpochMilli(millis == null ? record.timestamp() : Long.parseLong(millis));
        } catch (NumberFormatException e) {
            return Instant.ofEpochMilli(record.timestamp());
        }
    }

    private static @Nullable UUID uuid(String text) {
        try {
            return MessageId.of(text).value();
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static UUID hash(String text) {
        return UUID.nameUUIDFromBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    // the offset in the low half: ids of a partition lie side by side in the inbox's index
    private MessageId byPlace(ConsumerRecord<?, ?> record) {
        Uuid topic;
        try {
            topic = topics.of(record.topic());
        } catch (KafkaException e) {
            throw new NotDeliveredException(Reason.MOMENT, e);
        }
        long place = topic.getMostSignificantBits() ^ (31 * topic.getLeastSignificantBits()) ^ record.partition();
        return new MessageId(new UUID(place, record.offset()));
    }
}
