package io.reliablemessaging.deadletter;

import io.reliablemessaging.wire.WireHeaders;
import io.reliablemessaging.wire.WireMessage;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** The record of a dead letter for other tools: the same bytes, and headers that say where it failed and why. */
public final class DeadLetterRecord {

    private static final int MESSAGE_BYTES = 1024;

    private DeadLetterRecord() {}

    /** Topic that a group's dead letters go to. */
    public static String topic(String topic, String group) {
        return topic + "." + group + ".dlt";
    }

    /** The record; its stack trace stays in the table. */
    public static WireMessage of(ReceivedMessage failed, int attempts, Throwable cause) {
        WireMessage message = failed.message();
        Headers headers = withoutEarlierDeath(message.headers());
        WireHeaders.put(headers, WireHeaders.MESSAGE_ID, message.id().toString());
        WireHeaders.put(headers, WireHeaders.DLT_TOPIC, message.topic());
        WireHeaders.put(headers, WireHeaders.DLT_PARTITION, Integer.toString(failed.partition()));
        WireHeaders.put(headers, WireHeaders.DLT_OFFSET, Long.toString(failed.offset()));
        WireHeaders.put(headers, WireHeaders.DLT_GROUP, failed.group());
        WireHeaders.put(headers, WireHeaders.DLT_ATTEMPTS, Integer.toString(attempts));
        WireHeaders.put(
                headers, WireHeaders.DLT_EXCEPTION_CLASS, cause.getClass().getName());
        String reason = cause.getMessage();
        if (reason != null) {
            WireHeaders.put(headers, WireHeaders.DLT_EXCEPTION_MESSAGE, cut(reason));
        }
        return new WireMessage(
                message.id(), topic(message.topic(), failed.group()), null, message.key(), message.value(), headers);
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

    // whole characters only: the encoder stops before the first that does not fit
    private static String cut(String text) {
        ByteBuffer bytes = ByteBuffer.allocate(MESSAGE_BYTES);
        StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text), bytes, true);
        return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
    }
}
