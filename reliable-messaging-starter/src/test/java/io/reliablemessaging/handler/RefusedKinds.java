package io.reliablemessaging.handler;

import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.handler.GenericHandlers.Kind;
import io.reliablemessaging.handler.HandlerKinds.OrderPlaced;
import jakarta.validation.Valid;
import java.security.Principal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.common.TopicPartition;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.kafka.listener.adapter.ConsumerRecordMetadata;
import org.springframework.kafka.support.Acknowledgment;
import org.springframework.kafka.support.KafkaHeaders;
import org.springframework.kafka.support.ShareAcknowledgment;
import org.springframework.messaging.Message;
import org.springframework.messaging.handler.annotation.DestinationVariable;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.messaging.handler.annotation.Headers;
import org.springframework.messaging.handler.annotation.Payload;
import org.springframework.messaging.support.ErrorMessage;

/** One handler for each kind of parameter that no message could fill. {@code HandlerKindsTests} reads it. */
@SuppressWarnings({"unused", "rawtypes"})
class RefusedKinds {

    private static final String CONSUMING = "`Acknowledgment`, `Consumer`, `ShareConsumer`, `ShareAcknowledgment`";
    private static final String BATCHES =
            "`ConsumerRecords`, `List<ConsumerRecord<...>>`, `List<Message<...>>`, `List<IncomingMessage<...>>`";

    @Kind(row = CONSUMING, refused = "Remove it")
    void acknowledgment(OrderPlaced order, Acknowledgment acknowledgment) {}

    @Kind(row = CONSUMING, refused = "Remove it")
    void consumer(OrderPlaced order, Consumer<?, ?> consumer) {}

    @Kind(row = CONSUMING, refused = "Remove it")
    void shareConsumer(ShareConsumer<?, ?> consumer) {}

    @Kind(row = CONSUMING, refused = "Remove it")
    void shareAcknowledgment(ShareAcknowledgment acknowledgment) {}

    @Kind(row = BATCHES, refused = "one message at a time")
    void records(ConsumerRecords<String, OrderPlaced> records) {}

    @Kind(row = BATCHES, refused = "one message at a time")
    void listOfRecords(@Payload List<ConsumerRecord<String, OrderPlaced>> records) {}

    @Kind(row = BATCHES, refused = "one message at a time")
    void listOfMessages(List<Message<OrderPlaced>> messages) {}

    @Kind(row = BATCHES, refused = "one message at a time")
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
            refused = "which no message gives a value")
    void destination(OrderPlaced order, @DestinationVariable String id) {}

    @Kind(
            row = "`Principal`, `@DestinationVariable`, `@Value`, `@Autowired`, `@Qualifier`",
            refused = "which no message gives a value")
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

    @Kind(row = "`T` that the bean's class does not define", refused = "does not say what that is")
    <X> void unknown(X payload) {}

    @Kind(row = "`T` that the bean's class does not define", refused = "does not say what that is")
    <X> void unknownInside(IncomingMessage<Map<String, X>> message) {}

    @Kind(
            row = "`IncomingMessage<Optional<...>>`, `Optional<IncomingMessage<...>>`, ...",
            refused = "no bytes can be converted to")
    void optionalInside(IncomingMessage<Optional<OrderPlaced>> message) {}

    @Kind(
            row = "`IncomingMessage<Optional<...>>`, `Optional<IncomingMessage<...>>`, ...",
            refused = "no bytes can be converted to")
    void messageInside(Optional<IncomingMessage<OrderPlaced>> message) {}

    @Kind(row = "`ConsumerRecord<Long, ...>`: a key that is neither text nor bytes", refused = "keys are text or bytes")
    void longKey(ConsumerRecord<Long, OrderPlaced> record) {}

    @Kind(
            row = "an interface or abstract class that Jackson knows no class for; `ErrorMessage`",
            refused = "knows no class")
    void runnable(Runnable runnable) {}

    @Kind(
            row = "an interface or abstract class that Jackson knows no class for; `ErrorMessage`",
            refused = "which no listener is given")
    void errorMessage(ErrorMessage message) {}

    @Kind(
            row = "`@Header(KafkaHeaders.ACKNOWLEDGMENT)` and others that no message has",
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

    @Kind(row = "`@Valid` without a validator", refused = "there is no validator")
    void valid(@Valid OrderPlaced order) {}

    @Kind(row = "nothing", refused = "takes nothing")
    void nothing() {}
}
