package io.reliablemessaging.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.payload.PayloadCodec;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Type;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.kafka.support.serializer.ErrorHandlingDeserializer;
import org.springframework.kafka.support.serializer.JacksonJsonDeserializer;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** What is said of payloads that cannot be read: where and why, and not a word of them. */
class UnreadablePayloadTests {

    private static final String SECRET = "Ada4711";

    enum Colour {
        RED,
        GREEN
    }

    record Item(String name, int price, Colour colour, LocalDate madeOn) {}

    record Order(List<Item> items, Map<String, Item> byCustomer) {
        Order {
            if (items != null && items.isEmpty()) {
                throw new IllegalArgumentException("no items in " + byCustomer);
            }
        }
    }

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
    @JsonSubTypes(@JsonSubTypes.Type(value = Card.class, name = "card"))
    interface Payment {}

    record Card(String number) implements Payment {}

    private final JsonMapper strict = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    @Test
    void aValueOfAnotherTypeIsNamedByItsFieldAndType() {
        assertThat(said("{\n \"items\": [{\"price\": 1}, {\"price\": \"" + SECRET + "\"}]}", Order.class))
                .startsWith("Payload of ")
                .contains(" cannot be read as " + Order.class.getTypeName() + " by JSON: ")
                .contains(" at line 2, column ", ", field items[1].price: expected int, found a text");
    }

    @Test
    void anEnumIsNamedWithItsConstants() {
        assertThat(said("{\"items\": [{\"colour\": \"" + SECRET + "\"}]}", Order.class))
                .contains("field items[0].colour: expected " + Colour.class.getTypeName()
                        + " (RED, GREEN), found a text");
    }

    @Test
    void numbersOutOfRangeAndDatesAreNamedByTheirTypes() {
        assertThat(said("{\"items\": [{\"price\": 47114711471147114711}]}", Order.class))
                .contains("items[0].price", "int")
                .doesNotContain("4711");
        assertThat(said("{\"items\": [{\"madeOn\": \"" + SECRET + "\"}]}", Order.class))
                .contains("items[0].madeOn: expected java.time.LocalDate, found a text");
    }

    @Test
    void aFieldThatTheClassDoesNotHaveIsNotNamedButItsOwnAre() {
        assertThat(said(strict, "{\"items\": [{\"price\": 1, \"" + SECRET + "\": 1}]}", Order.class))
                .contains("field items[0].*: " + Item.class.getTypeName()
                        + " has no such field; it has colour, madeOn, name, price");
    }

    @Test
    void theKeysOfMapsComeFromThePayload() {
        assertThat(said("{\"byCustomer\": {\"" + SECRET + "\": {\"price\": \"much\"}}}", Order.class))
                .contains("field byCustomer.*.price: expected int");
    }

    @Test
    void namingStrategiesChangeNoName() {
        JsonMapper snakes = JsonMapper.builder()
                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                .build();
        assertThat(said(snakes, "{\"by_customer\": {\"" + SECRET + "\": {\"made_on\": \"x\"}}}", Order.class))
                .contains("field by_customer.*.made_on: expected java.time.LocalDate");
    }

    @Test
    void whatIsNoJsonOrEndsTooEarlyIsSaid() {
        assertThat(said("{\"items\": " + SECRET + "}", Order.class)).contains("line 1, column ", "this is no JSON");
        assertThat(said("{\"items\": [{\"name\": \"" + SECRET, Order.class)).contains("the JSON ends too early");
    }

    @Test
    void whatTheClassItselfRefusesIsNamedByTheClasses() {
        assertThat(said("{\"byCustomer\": {\"" + SECRET + "\": null}, \"items\": []}", Order.class))
                .contains(Order.class.getTypeName() + " refuses it, with java.lang.IllegalArgumentException");
    }

    @Test
    void aTypeIdIsNotRepeated() {
        assertThat(said("{\"@type\": \"" + SECRET + "\", \"number\": \"1\"}", Payment.class))
                .contains("no type id of " + Payment.class.getTypeName());
    }

    @Test
    void theHostsDeserializersSayNoMoreAlsoThroughOneThatHidesWhatItThrows() {
        String json = "{\"items\": [{\"price\": \"" + SECRET + "\"}]}";
        String place = "field items[0].price: expected int";
        String[] ofOrders = {
            "spring.json.use.type.headers=false", "spring.json.value.default.type=" + Order.class.getName()
        };
        assertThat(said(codec(JacksonJsonDeserializer.class, ofOrders), new RecordHeaders(), json))
                .contains(place);
        assertThat(said(
                        codec(
                                ErrorHandlingDeserializer.class,
                                ofOrders[0],
                                ofOrders[1],
                                "spring.deserializer.value.delegate.class=" + JacksonJsonDeserializer.class.getName()),
                        new RecordHeaders(),
                        json))
                .contains(place);
    }

    @Test
    void aDeserializerThatIsNoParserIsNamedAndItsTextLeftOut() {
        assertThat(said(codec(Quoting.class), new RecordHeaders(), SECRET))
                .contains(Quoting.class.getName(), "java.lang.IllegalStateException (its text is left out");
    }

    @Test
    void aPackageThatIsNotTrustedIsNamedWithThePropertyToSet() {
        assertThat(said(codec(JacksonJsonDeserializer.class), typed("com.acme.Order"), "{}"))
                .contains("header __TypeId__ names com.acme.Order, whose package is not trusted."
                        + " Set spring.kafka.consumer.properties[spring.json.trusted.packages]=com.acme");
    }

    @Test
    void aTypeWithoutAMappingIsNamedWithThePropertyToSet() {
        assertThat(said(codec(JacksonJsonDeserializer.class, "spring.json.trusted.packages=*"), typed("order"), "{}"))
                .contains("header __TypeId__ names order, which is no class here."
                        + " Set spring.kafka.consumer.properties[spring.json.type.mapping]=order:"
                        + Order.class.getTypeName());
        assertThat(said(codec(JacksonJsonDeserializer.class), new RecordHeaders(), "{}"))
                .contains("it has no header __TypeId__."
                        + " Set spring.kafka.consumer.properties[spring.json.value.default.type]=");
    }

    /** Quotes what it reads, as parsers do. */
    public static final class Quoting implements Deserializer<Object> {
        @Override
        public Object deserialize(String topic, byte[] data) {
            throw new IllegalStateException("odd: " + new String(data, UTF_8));
        }
    }

    private static Headers typed(String type) {
        return new RecordHeaders().add("__TypeId__", type.getBytes(UTF_8));
    }

    private static String said(String json, Type type) {
        return said(JsonMapper.shared(), json, type);
    }

    private static String said(JsonMapper mapper, String json, Type type) {
        return said(codec(mapper, null), new RecordHeaders(), json, type);
    }

    private static String said(PayloadCodec codec, Headers headers, String payload) {
        return said(codec, headers, payload, Order.class);
    }

    private static String said(PayloadCodec codec, Headers headers, String payload, Type type) {
        Throwable thrown = catchThrowable(() -> codec.decode("topic", headers, payload.getBytes(UTF_8), type));
        assertThat(thrown).isInstanceOf(UnrecoverableMessageException.class);
        StringWriter everything = new StringWriter();
        thrown.printStackTrace(new PrintWriter(everything));
        assertThat(everything.toString()).doesNotContain(SECRET);
        return String.valueOf(thrown.getMessage());
    }

    private static PayloadCodec codec(Class<?> deserializer, String... properties) {
        return codec(JsonMapper.shared(), deserializer, properties);
    }

    private static PayloadCodec codec(JsonMapper mapper, @Nullable Class<?> deserializer, String... properties) {
        KafkaProperties kafka = new KafkaProperties();
        if (deserializer != null) {
            kafka.getConsumer().setValueDeserializer(deserializer);
        }
        for (String property : properties) {
            int equals = property.indexOf('=');
            kafka.getConsumer().getProperties().put(property.substring(0, equals), property.substring(equals + 1));
        }
        return new PayloadCodec(new KafkaConnection(kafka, () -> List.of("localhost:9092")), mapper);
    }
}
