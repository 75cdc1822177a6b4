package io.reliablemessaging.wire;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.text.FailureText;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * Creates the record of a dead letter for other tools: the same bytes, and headers that tell where it failed and why. It is a
 * message of its own with an id of its own, so that a listener of the dead-letter topic does not drop a second dead letter of the
 * same message as a duplicate of the first.
 */
public final class DeadLetterRecord {

    private static final int MESSAGE_BYTES = 1024;
    private static final InstantSource CLOCK = InstantSource.system();

    private DeadLetterRecord() {}

    /** Returns the name of the topic that a group's dead letters go to. */
    public static String topic(String topic, String group) {
        return topic + "." + group + ".dlt";
    }

    /** Creates the record; the stack trace stays in the table. */
    public static WireMessage of(ReceivedMessage failed, int attempts, Throwable cause) {
        WireMessage message = failed.message();
        Headers headers = withoutEarlierDeath(message.headers());
        MessageId id = MessageId.at(CLOCK.instant());
        WireHeaders.put(headers, WireHeaders.MESSAGE_ID, id.toString());
        WireHeaders.put(headers, WireHeaders.DLT_MESSAGE_ID, message.id().toString());
        WireHeaders.put(headers, WireHeaders.DLT_TOPIC, message.topic());
        WireHeaders.put(headers, WireHeaders.DLT_PARTITION, Integer.toString(failed.partition()));
        WireHeaders.put(headers, WireHeaders.DLT_OFFSET, Long.toString(failed.offset()));
        WireHeaders.put(headers, WireHeaders.DLT_GROUP, failed.group());
        WireHeaders.put(headers, WireHeaders.DLT_ATTEMPTS, Integer.toString(attempts));
        WireHeaders.put(headers, WireHeaders.DLT_EXCEPTION_CLASS, FailureText.typeOf(cause));
        String reason = FailureText.messageOf(cause);
        if (reason != null) {
            WireHeaders.put(headers, WireHeaders.DLT_EXCEPTION_MESSAGE, cut(reason));
        }
        return new WireMessage(
                id, topic(message.topic(), failed.group()), null, message.key(), message.value(), headers);
    }

    private static Headers withoutEarlierDeath(Headers received) {
        Headers headers = new RecordHeaders();
        for (Header header : received) {
            if (!header.key().startsWith(WireHeaders.DLT_PREFIX)) {
                headers.add(header);
            }
        }
        return headers;
    }

    // cut between characters: the encoder stops before the first one that does not fit
    private static String cut(String text) {
        ByteBuffer bytes = ByteBuffer.allocate(MESSAGE_BYTES);
        StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text), bytes, true);
        return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
    }
}
