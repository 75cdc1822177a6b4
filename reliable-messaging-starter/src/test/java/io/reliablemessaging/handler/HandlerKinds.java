package io.reliablemessaging.handler;

import io.reliablemessaging.IncomingMessage;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.kafka.support.KafkaHeaders;
import org.springframework.kafka.support.KafkaMessageHeaderAccessor;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.messaging.handler.annotation.Headers;
import org.springframework.messaging.handler.annotation.Payload;
import org.springframework.messaging.support.GenericMessage;
import org.springframework.messaging.support.MessageHeaderAccessor;

/** One handler for each kind of parameter, and what becomes of it. {@code HandlerKindsTests} reads it. */
@SuppressWarnings({"unused", "rawtypes"})
class HandlerKinds extends GenericHandlers<HandlerKinds.OrderPlaced> {

    record OrderPlaced(String id) {}

    private static final String HEADERS = "01890a5d-ac96-774b-bcce-b302099a8057 1000 42 acme";

    @Kind(row = "`OrderPlaced`", gets = "OrderPlaced[id=a]", tombstone = "null")
    void payload(OrderPlaced order) {
        took(order);
    }

    @Kind(row = "`String`, `byte[]`", gets = "{\"id\":\"a\"}", tombstone = "null")
    void text(String order) {
        took(order);
    }

    @Kind(row = "`String`, `byte[]`", gets = "bytes {\"id\":\"a\"}", tombstone = "null")
    void bytes(byte[] order) {
        took(order);
    }

    @Kind(row = "`int`, `boolean`, ...", gets = "7", tombstone = DEAD, payload = "7")
    void primitive(int number) {
        took(number);
    }

    @Kind(row = "`@Payload OrderPlaced`", gets = "OrderPlaced[id=a]", tombstone = DEAD)
    void required(@Payload OrderPlaced order) {
        took(order);
    }

    @Kind(row = "`@Payload(required = false) OrderPlaced`", gets = "OrderPlaced[id=a]", tombstone = "null")
    void notRequired(@Payload(required = false) OrderPlaced order) {
        took(order);
    }

    @Kind(row = "`Optional<OrderPlaced>`", gets = "Optional[OrderPlaced[id=a]]", tombstone = "Optional.empty")
    void optional(Optional<OrderPlaced> order) {
        took(order);
    }

    @Kind(
            row = "`@Payload List<OrderPlaced>`",
            gets = "[OrderPlaced[id=a]]",
            tombstone = DEAD,
            payload = "[{\"id\":\"a\"}]")
    void list(@Payload List<OrderPlaced> orders) {
        took(List.of(orders.get(0)));
    }

    @Kind(
            row = "`IncomingMessage<OrderPlaced>`",
            gets = "orders-3@42#2 key=OrderPlaced[id=a]",
            tombstone = "orders-3@42#2 key=null")
    void incoming(IncomingMessage<OrderPlaced> message) {
        took(message);
    }

    @Kind(row = "`Message<OrderPlaced>`", gets = "OrderPlaced[id=a] " + HEADERS, tombstone = DEAD)
    void message(Message<OrderPlaced> message) {
        took(message);
    }

    @Kind(row = "`Message<OrderPlaced>`", gets = "OrderPlaced[id=a] " + HEADERS, tombstone = DEAD)
    void genericMessage(GenericMessage<? extends OrderPlaced> message) {
        took(message);
    }

    @Kind(row = "`Message<Object>`", gets = "{id=a} " + HEADERS, tombstone = "KafkaNull " + HEADERS)
    void anyMessage(Message<Object> message) {
        took(message);
    }

    @Kind(
            row = "`ConsumerRecord<String, OrderPlaced>`",
            gets = "orders-3@42 1000 key=OrderPlaced[id=a] 3",
            tombstone = "orders-3@42 1000 key=null 3")
    void record(ConsumerRecord<String, OrderPlaced> record) {
        took(record);
    }

    @Kind(
            row = "`ConsumerRecord<byte[], byte[]>`",
            gets = "orders-3@42 1000 bytes key=bytes {\"id\":\"a\"} 3",
            tombstone = "orders-3@42 1000 bytes key=null 3")
    void rawRecord(ConsumerRecord<byte[], byte[]> record) {
        took(record);
    }

    @Kind(
            row = "`ConsumerRecord<?, ?>`, `IncomingMessage<?>`, `Message<?>` beside another one",
            gets = "OrderPlaced[id=a], orders-3@42 1000 key=OrderPlaced[id=a] 3, orders-3@42#2 key=OrderPlaced[id=a]",
            tombstone = "null, orders-3@42 1000 key=null 3, orders-3@42#2 key=null")
    void beside(OrderPlaced order, ConsumerRecord<?, ?> record, IncomingMessage message) {
        took(order, record, message);
    }

    @Kind(
            row = "`@Header(\"name\") String`, `byte[]`, `int`, `Optional<...>`, ...",
            gets = "acme, bytes acme, Optional[acme], acme, 7, Optional.empty, null, bytes x",
            tombstone = "acme, bytes acme, Optional[acme], acme, 7, Optional.empty, null, bytes x")
    void headers(
            @Header("tenant") String text,
            @Header("tenant") byte[] bytes,
            @Header("tenant") Optional<String> optional,
            @Header("tenant") Object any,
            @Header(name = "other", defaultValue = "7") long otherwise,
            @Header("other") Optional<Integer> absent,
            @Header(name = "other", required = false) Instant none,
            @Header(name = "other", defaultValue = "x") byte[] otherBytes) {
        took(text, bytes, optional, any, otherwise, absent, none, otherBytes);
    }

    @Kind(
            row = "`@Header(KafkaHeaders.RECEIVED_KEY) String`, `byte[]`",
            gets = "key, bytes key, Optional[key]",
            tombstone = "key, bytes key, Optional[key]")
    void key(
            @Header(KafkaHeaders.RECEIVED_KEY) String text,
            @Header(KafkaHeaders.RECEIVED_KEY) byte[] bytes,
            @Header(KafkaHeaders.RECEIVED_KEY) Optional<String> optional) {
        took(text, bytes, optional);
    }

    @Kind(
            row = "`@Header(KafkaHeaders.RECEIVED_TOPIC)`, `RECEIVED_PARTITION`, `OFFSET`, `GROUP_ID`",
            gets = "orders, 3, 42, 42, shipping",
            tombstone = "orders, 3, 42, 42, shipping")
    void place(
            @Header(KafkaHeaders.RECEIVED_TOPIC) String topic,
            @Header(KafkaHeaders.RECEIVED_PARTITION) int partition,
            @Header(KafkaHeaders.OFFSET) long offset,
            @Header(KafkaHeaders.OFFSET) String offsetText,
            @Header(KafkaHeaders.GROUP_ID) String group) {
        took(topic, partition, offset, offsetText, group);
    }

    @Kind(
            row = "`@Header(KafkaHeaders.RECEIVED_TIMESTAMP) long`, `Instant`",
            gets = "1000, 1970-01-01T00:00:01Z",
            tombstone = "1000, 1970-01-01T00:00:01Z")
    void time(
            @Header(KafkaHeaders.RECEIVED_TIMESTAMP) long millis,
            @Header(KafkaHeaders.RECEIVED_TIMESTAMP) Instant instant) {
        took(millis, instant);
    }

    @Kind(row = "`@Header(KafkaHeaders.DELIVERY_ATTEMPT) int`", gets = "2", tombstone = "2")
    void attempt(@Header(KafkaHeaders.DELIVERY_ATTEMPT) int attempt) {
        took(attempt);
    }

    @Kind(
            row = "`@Header(KafkaHeaders.DLT_ORIGINAL_OFFSET) long`, and others that Spring Kafka writes",
            gets = "17",
            tombstone = "17")
    void ofDeadLetter(@Header(KafkaHeaders.DLT_ORIGINAL_OFFSET) long offset) {
        took(offset);
    }

    @Kind(
            row = "`@Headers Map<String, Object>`, `MessageHeaders`",
            gets = HEADERS + ", " + HEADERS,
            tombstone = HEADERS + ", " + HEADERS)
    void all(@Headers Map<String, Object> map, MessageHeaders headers) {
        took(map, headers);
    }

    @Kind(row = "`@Headers Map<String, String>`", gets = "3 42 acme 17 orders", tombstone = "3 42 acme 17 orders")
    void texts(@Headers Map<String, String> texts) {
        took(Stream.of(
                        KafkaHeaders.RECEIVED_PARTITION,
                        KafkaHeaders.OFFSET,
                        "tenant",
                        KafkaHeaders.DLT_ORIGINAL_OFFSET,
                        KafkaHeaders.RECEIVED_TOPIC)
                .map(texts::get)
                .collect(Collectors.joining(" ")));
    }

    @Kind(row = "`MessageHeaderAccessor`, `KafkaMessageHeaderAccessor`", gets = "acme, 2", tombstone = "acme, 2")
    void accessors(MessageHeaderAccessor any, KafkaMessageHeaderAccessor kafka) {
        took(any.getHeader("tenant"), kafka.getBlockingRetryDeliveryAttempt());
    }
}
