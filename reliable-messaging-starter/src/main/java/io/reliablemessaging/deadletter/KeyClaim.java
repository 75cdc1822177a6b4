package io.reliablemessaging.deadletter;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.retry.SpentAttempts;
import io.reliablemessaging.wire.HeaderBytes;
import io.reliablemessaging.wire.QueueId;
import io.reliablemessaging.wire.ReceivedMessage;
import io.reliablemessaging.wire.WireMessage;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * The right to handle the first message of a parked key until another consumer claims the key. Holds the row as it is stored and
 * decodes it on demand: a row that cannot be read must not affect the other keys that are claimed with it.
 */
public final class KeyClaim {

    private final Key key;
    private final long id;
    private final MessageId messageId;
    private final int partition;
    private final long offset;
    private final byte @Nullable [] keyBytes;
    private final byte @Nullable [] value;
    private final byte[] headers;
    private final Instant publishedAt;
    private final SpentAttempts spent;
    private final long number;
    private final int unanswered;

    /** The parked key that is claimed. */
    record Key(String group, String topic, UUID queue) {}

    KeyClaim(ResultSet row) throws SQLException {
        this.key = new Key(row.getString("consumer_group"), row.getString("topic"), row.getObject("queue", UUID.class));
        this.id = row.getLong("id");
        this.messageId = new MessageId(row.getObject("message_id", UUID.class));
        this.partition = row.getInt("source_partition");
        this.offset = row.getLong("source_offset");
        this.keyBytes = row.getBytes("key");
        this.value = row.getBytes("value");
        this.headers = row.getBytes("headers");
        OffsetDateTime published = row.getObject("published_at", OffsetDateTime.class);
        this.publishedAt = published == null ? Instant.EPOCH : published.toInstant();
        this.spent = new SpentAttempts(row.getInt("attempts"), row.getInt("uncounted"));
        this.number = row.getLong("claim");
        this.unanswered = row.getInt("unanswered");
    }

    /**
     * Decodes the message.
     *
     * @throws UnreadableRowException if its headers cannot be read
     */
    public ReceivedMessage message() {
        try {
            return message(HeaderBytes.decode(headers));
        } catch (RuntimeException e) {
            throw new UnreadableRowException(
                    ("Row %d of table parked_message (message %s) has headers that cannot be read. The message keeps its"
                                    + " key and payload; correct column headers, or discard it")
                            .formatted(id, messageId),
                    e);
        }
    }

    /** Decodes the message, without its headers if they cannot be read: for reports, and for its dead letter. Never throws. */
    public ReceivedMessage readableMessage() {
        try {
            return message(HeaderBytes.decode(headers));
        } catch (RuntimeException e) {
            return message(new RecordHeaders());
        }
    }

    /** Returns the consumer group. */
    public String group() {
        return key.group();
    }

    /** Returns the topic that the message was read from. */
    public String topic() {
        return key.topic();
    }

    /** Returns the queue in which the message waits. */
    public QueueId queue() {
        return new QueueId(key.queue());
    }

    /** Returns the id of the message's row. */
    public long id() {
        return id;
    }

    /** Returns the attempts that the message has used. */
    public SpentAttempts spent() {
        return spent;
    }

    /** Returns the number of the claim; a claim with a higher number ends it. */
    public long number() {
        return number;
    }

    /** Returns how many consumers in a row have crashed while they handled the message. */
    public int unanswered() {
        return unanswered;
    }

    Key key() {
        return key;
    }

    private ReceivedMessage message(Headers decoded) {
        return new ReceivedMessage(
                key.group(),
                new WireMessage(messageId, key.topic(), null, keyBytes, value, decoded),
                partition,
                offset,
                publishedAt,
                queue());
    }
}
