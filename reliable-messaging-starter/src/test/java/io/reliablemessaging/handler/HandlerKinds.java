package io.reliablemessaging.handler;

import io.reliablemessaging.IncomingMessage;
import jakarta.validation.Valid;
import java.security.Principal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.common.TopicPartition;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.kafka.listener.adapter.ConsumerRecordMetadata;
import org.springframework.kafka.support.Acknowledgment;
import org.springframework.kafka.support.KafkaHeaders;
import org.springframework.kafka.support.KafkaMessageHeaderAccessor;
import org.springframework.kafka.support.ShareAcknowledgment;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.handler.annotation.DestinationVariable;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.messaging.handler.annotation.Headers;
import org.springframework.messaging.handler.annotation.Payload;
import org.springframework.messaging.support.ErrorMessage;
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

    // ---- refused ----

    @Kind(row = "`Acknowledgment`, `Consumer`, `ShareConsumer`, `ShareAcknowledgment`", refused = "Remove it")
    void acknowledgment(OrderPlaced order, Acknowledgment acknowledgment) {}

    @Kind(row = "`Acknowledgment`, `Consumer`, `ShareConsumer`, `ShareAcknowledgment`", refused = "Remove it")
    void consumer(OrderPlaced order, Consumer<?, ?> consumer) {}

    @Kind(row = "`Acknowledgment`, `Consumer`, `ShareConsumer`, `ShareAcknowledgment`", refused = "Remove it")
    void shareConsumer(ShareConsumer<?, ?> consumer) {}

    @Kind(row = "`Acknowledgment`, `Consumer`, `ShareConsumer`, `ShareAcknowledgment`", refused = "Remove it")
    void shareAcknowledgment(ShareAcknowledgment acknowledgment) {}

    @Kind(
            row = "`ConsumerRecords`, `List<ConsumerRecord<...>>`, `List<Message<...>>`, `List<IncomingMessage<...>>`",
            refused = "one message at a time")
    void records(ConsumerRecords<String, OrderPlaced> records) {}

    @Kind(
            row = "`ConsumerRecords`, `List<ConsumerRecord<...>>`, `List<Message<...>>`, `List<IncomingMessage<...>>`",
            refused = "one message at a time")
    void listOfRecords(@Payload List<ConsumerRecord<String, OrderPlaced>> records) {}

    @Kind(
            row = "`ConsumerRecords`, `List<ConsumerRecord<...>>`, `List<Message<...>>`, `List<IncomingMessage<...>>`",
            refused = "one message at a time")
    void listOfMessages(List<Message<OrderPlaced>> messages) {}

    @Kind(
            row = "`ConsumerRecords`, `List<ConsumerRecord<...>>`, `List<Message<...>>`, `List<IncomingMessage<...>>`",
            refused = "one message at a time")
    void arrayOfMessages(IncomingMessage<OrderPlaced>[] messages) {}

    @Kind(row = "`List<OrderPlaced>` without `@Payload`", refused = "write @Payload before it")
    void batch(List<OrderPlaced> orders) {}

    @Kind(row = "`ConsumerRecordMetadata`, `TopicPartition`, Kafka's `Headers`", refused = "Take a ConsumerRecord")
    void metadata(OrderPlaced order, ConsumerRecordMetadata metadata) {}

    @Kind(row = "`ConsumerRecordMetadata`, `TopicPartition`, Kafka's `Headers`", refused = "Take a ConsumerRecord")
    void partition(OrderPlaced order, TopicPartition partition) {}

    @Kind(row = "`ConsumerRecordMetadata`, `TopicPartition`, Kafka's `Headers`", refused = "Take a ConsumerRecord")
    void kafkaHeaders(OrderPlaced order, org.apache.kafka.common.header.Headers headers) {}

    @Kind(
            row = "`Principal`, `@DestinationVariable`, `@Value`, `@Autowired`, `@Qualifier`",
            refused = "Kafka does not tell")
    void principal(OrderPlaced order, Principal principal) {}

    @Kind(
            row = "`Principal`, `@DestinationVariable`, `@Value`, `@Autowired`, `@Qualifier`",
            refused = "which nobody fills")
    void destination(OrderPlaced order, @DestinationVariable String id) {}

    @Kind(
            row = "`Principal`, `@DestinationVariable`, `@Value`, `@Autowired`, `@Qualifier`",
            refused = "which nobody fills")
    void value(OrderPlaced order, @Value("${x}") String x) {}

    @Kind(row = "two payloads, or two types of it", refused = "takes both")
    void two(OrderPlaced order, String text) {}

    @Kind(row = "two payloads, or two types of it", refused = "more than once")
    void twice(String text, @Payload String again) {}

    @Kind(row = "two payloads, or two types of it", refused = "takes both")
    void twoTypes(IncomingMessage<OrderPlaced> order, ConsumerRecord<String, String> record) {}

    @Kind(row = "`@Payload` with an expression, or `required = false` of a primitive", refused = "expression")
    void expression(@Payload("id") String id) {}

    @Kind(row = "`@Payload` with an expression, or `required = false` of a primitive", refused = "cannot be null")
    void primitiveNotRequired(@Payload(required = false) int number) {}

    @Kind(row = "`IncomingMessage<?>`, `Message`, `ConsumerRecord<?, ?>` alone", refused = "without saying of what")
    void incomingOfAnything(IncomingMessage<?> message) {}

    @Kind(row = "`IncomingMessage<?>`, `Message`, `ConsumerRecord<?, ?>` alone", refused = "without saying of what")
    void rawMessage(Message message) {}

    @Kind(row = "`IncomingMessage<?>`, `Message`, `ConsumerRecord<?, ?>` alone", refused = "without saying of what")
    void recordOfAnything(ConsumerRecord<?, ?> record) {}

    @Kind(row = "`T` that the bean's class does not say", refused = "does not say what that is")
    <X> void unknown(X payload) {}

    @Kind(row = "`T` that the bean's class does not say", refused = "does not say what that is")
    <X> void unknownInside(IncomingMessage<Map<String, X>> message) {}

    @Kind(row = "`IncomingMessage<Optional<...>>`, `Optional<IncomingMessage<...>>`, ...", refused = "no bytes become")
    void optionalInside(IncomingMessage<Optional<OrderPlaced>> message) {}

    @Kind(row = "`IncomingMessage<Optional<...>>`, `Optional<IncomingMessage<...>>`, ...", refused = "no bytes become")
    void messageInside(Optional<IncomingMessage<OrderPlaced>> message) {}

    @Kind(row = "`ConsumerRecord<Long, ...>`: a key that is neither text nor bytes", refused = "keys are text or bytes")
    void longKey(ConsumerRecord<Long, OrderPlaced> record) {}

    @Kind(
            row = "an interface or abstract class that Jackson knows no class for; `ErrorMessage`",
            refused = "knows no class")
    void runnable(Runnable runnable) {}

    @Kind(
            row = "an interface or abstract class that Jackson knows no class for; `ErrorMessage`",
            refused = "which nobody makes")
    void errorMessage(ErrorMessage message) {}

    @Kind(
            row = "`@Header(KafkaHeaders.ACKNOWLEDGMENT)` and others that no message here has",
            refused = "no message of a @ReliableListener has")
    void noSuchHeader(OrderPlaced order, @Header(name = KafkaHeaders.ACKNOWLEDGMENT, required = false) Object header) {}

    @Kind(
            row =
                    "`@Header` of a type that no converter makes, primitive and not required, or with a default that is none",
            refused = "no converter")
    void unconvertible(OrderPlaced order, @Header("tenant") Runnable runnable) {}

    @Kind(
            row =
                    "`@Header` of a type that no converter makes, primitive and not required, or with a default that is none",
            refused = "no converter")
    void unconvertibleNumber(OrderPlaced order, @Header(KafkaHeaders.OFFSET) Map<String, String> map) {}

    @Kind(
            row =
                    "`@Header` of a type that no converter makes, primitive and not required, or with a default that is none",
            refused = "cannot be null")
    void primitiveHeader(OrderPlaced order, @Header(name = "n", required = false) boolean flag) {}

    @Kind(
            row =
                    "`@Header` of a type that no converter makes, primitive and not required, or with a default that is none",
            refused = "its default value")
    void wrongDefault(OrderPlaced order, @Header(name = "n", defaultValue = "many") int n) {}

    @Kind(row = "`@Headers` on another map, or on something else", refused = "wants all headers")
    void headersAsText(OrderPlaced order, @Headers String headers) {}

    @Kind(row = "`@Headers` on another map, or on something else", refused = "wants all headers")
    void numbers(OrderPlaced order, @Headers Map<String, Integer> headers) {}

    @Kind(row = "`@Valid` without a validator", refused = "no validator can be had")
    void valid(@Valid OrderPlaced order) {}

    @Kind(row = "nothing", refused = "takes nothing")
    void nothing() {}
}
