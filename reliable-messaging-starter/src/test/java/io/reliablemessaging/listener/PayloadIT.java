package io.reliablemessaging.listener;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.Recorder;
import io.reliablemessaging.test.SharedServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.kafka.support.serializer.ErrorHandlingDeserializer;
import org.springframework.kafka.support.serializer.JacksonJsonDeserializer;
import org.springframework.kafka.support.serializer.JacksonJsonSerializer;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.transaction.support.TransactionTemplate;

/** Hosts with deserializers of their own, and records of producers that nobody knows: nothing is altered, mixed up or held. */
class PayloadIT {

    private static final String CONSUMER = "spring.kafka.consumer.value-deserializer=";
    private static final String DEFAULT_TYPE =
            "spring.kafka.consumer.properties.[spring.json.value.default.type]=" + Parcel.class.getName();
    // in nanoseconds, where milliseconds are expected
    private static final String IMPOSSIBLE_TIME = "1795000000000000000";

    private ConfigurableApplicationContext host;

    public record Parcel(String name, int weight) {}

    /** A deserializer as Kafka's contract allows it: for one thread at a time. */
    public static final class OneThreadOnly implements Deserializer<Parcel> {

        private byte[] current = {};

        @Override
        public Parcel deserialize(String topic, byte[] data) {
            current = data;
            LockSupport.parkNanos(1);
            StringBuilder name = new StringBuilder();
            for (int i = 0; i < current.length; i++) {
                name.append((char) current[i]);
                if (i % 100 == 0) {
                    LockSupport.parkNanos(1);
                }
            }
            return new Parcel(name.toString(), data.length);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Recorder recorder() {
            return new Recorder();
        }

        @Bean
        Parcels parcels() {
            return new Parcels();
        }
    }

    static class Parcels {

        final List<IncomingMessage<Parcel>> calls = new CopyOnWriteArrayList<>();
        final List<String> types = new CopyOnWriteArrayList<>();
        final List<Integer> numbers = new CopyOnWriteArrayList<>();
        volatile String failing = "-";
        volatile int failures;

        @ReliableListener(topics = "${test.parcels}", groupId = "${test.group:parcels}")
        void on(IncomingMessage<Parcel> message, @Header(name = "__TypeId__", defaultValue = "none") String type) {
            calls.add(message);
            types.add(type);
            if (message.payload() != null
                    && message.payload().name().startsWith(failing)
                    && message.attempt() <= failures) {
                throw new IllegalStateException("broken");
            }
        }

        @ReliableListener(topics = "${test.numbers}", groupId = "${test.group:parcels}-numbers")
        void number(int number) {
            numbers.add(number);
        }

        List<String> names() {
            return calls.stream()
                    .map(IncomingMessage::payload)
                    .map(payload -> payload == null ? "null" : payload.name())
                    .toList();
        }
    }

    @AfterEach
    void close() {
        if (host != null) {
            host.close();
        }
    }

    @Test
    void attemptsStoredRowAndDeadLetterAreTheSameThoughTheDeserializerRemovesHeaders() {
        start(
                CONSUMER + JacksonJsonDeserializer.class.getName(),
                "spring.kafka.consumer.properties.[spring.json.trusted.packages]=*",
                "spring.kafka.producer.value-serializer=" + JacksonJsonSerializer.class.getName());
        parcels().failing = "bad";
        parcels().failures = 3;
        host.getBean(TransactionTemplate.class)
                .executeWithoutResult(status ->
                        host.getBean(MessagePublisher.class).publish(topic().name(), "k", new Parcel("bad", 1)));
        await().until(() -> recorder().dead.size() == 1);
        assertThat(parcels().names()).containsExactly("bad", "bad", "bad");
        assertThat(parcels().types).containsOnly(Parcel.class.getName());
        DeadLetter letter = theDead();
        assertThat(letters().get(letter.id()).orElseThrow().headers())
                .containsEntry("__TypeId__", Parcel.class.getName());
        KafkaTopic deadLetters =
                new KafkaTopic(SharedServers.kafka().bootstrapServers(), topic().name() + ".parcels.dlt");
        deadLetters.awaitValues(1);
        ConsumerRecord<byte[], byte[]> record = deadLetters.records().get(0);
        assertThat(new String(record.headers().lastHeader("__TypeId__").value(), UTF_8))
                .isEqualTo(Parcel.class.getName());
        parcels().failing = "-";
        letters().redrive(letter.id(), "olive");
        await().until(() -> recorder().handled.size() == 1);
        assertThat(parcels().calls).hasSize(4);
    }

    @Test
    void whatAnErrorHandlingDeserializerHidesIsDeadAtOnceByteForByte() {
        start(
                CONSUMER + ErrorHandlingDeserializer.class.getName(),
                "spring.kafka.consumer.properties.[spring.deserializer.value.delegate.class]="
                        + JacksonJsonDeserializer.class.getName(),
                DEFAULT_TYPE);
        topic().write("k", "not JSON".getBytes(UTF_8));
        topic().write("k", "null".getBytes(UTF_8));
        topic().write("k", null);
        topic().write("k", "{\"name\":\"good\",\"weight\":1}".getBytes(UTF_8));
        await().until(() -> recorder().handled.size() == 2);
        assertThat(parcels().names())
                .as("a tombstone is null, and nothing else")
                .containsExactly("null", "good");
        assertThat(recorder().dead).hasSize(2);
        assertThat(host.getBean(JdbcTemplate.class)
                        .queryForList(
                                "select convert_from(value, 'UTF8') || ' ' || state || ' ' || attempts"
                                        + " from reliable_messaging.parked_message order by id",
                                String.class))
                .containsExactly("not JSON DEAD 1", "null DEAD 1");
    }

    @Test
    void anObjectOfAnotherTypeIsDeadAtOnceAndSaysWhy() {
        start(CONSUMER + ByteArrayDeserializer.class.getName());
        topic().write("k", "secret".getBytes(UTF_8));
        await().until(() -> recorder().dead.size() == 1);
        assertThat(parcels().calls).isEmpty();
        assertThat(theDead().errorMessage())
                .contains("takes " + Parcel.class.getName(), "byte[]", "spring.kafka.consumer.value-deserializer")
                .doesNotContain("secret");
    }

    @Test
    void aTombstoneForAPrimitiveIsDeadAtOnceAndSaysWhy() {
        start();
        KafkaTopic numbers = new KafkaTopic(SharedServers.kafka().bootstrapServers(), topic().name() + ".numbers");
        numbers.write("k", null);
        numbers.write("k", "null".getBytes(UTF_8));
        numbers.write("k", "7".getBytes(UTF_8));
        await().until(() -> parcels().numbers.size() == 1);
        assertThat(parcels().numbers).containsExactly(7);
        assertThat(letters().find(DeadLetterQuery.dead()))
                .extracting(DeadLetter::errorMessage)
                .satisfiesExactly(
                        tombstone -> assertThat(tombstone).contains("tombstone", "takes int"),
                        json -> assertThat(json).contains("JSON value null"));
    }

    @Test
    void aDeserializerIsUsedByOneThreadAtATime() {
        start(CONSUMER + OneThreadOnly.class.getName(), "reliable-messaging.listener.concurrency=8");
        List<String> values = IntStream.range(0, 400)
                .mapToObj(i -> i + "-".repeat(100 + i % 7) + "x".repeat(1_000))
                .toList();
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        values.forEach(value -> records.add(record(value.substring(0, 20).getBytes(UTF_8), value.getBytes(UTF_8))));
        write(records);
        await().until(() -> recorder().handled.size() == 400);
        assertThat(parcels().names()).containsExactlyInAnyOrderElementsOf(values);
    }

    @ParameterizedTest
    @ValueSource(strings = {"key", "partition", "none"})
    void recordsWithAnImpossibleTimeHoldNobody(String ordering) {
        int count = ordering.equals("key") ? 1_100 : 60;
        start(
                "test.group=parcels-" + (ordering.equals("none") ? "shared" : "ordered"),
                "reliable-messaging.listener.ordering=" + ordering,
                "reliable-messaging.listener.max-attempts=2");
        parcels().failing = "bad";
        parcels().failures = 1;
        List<String> names = new ArrayList<>();
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add((i % 20 == 0 ? "bad" : "good") + i);
            records.add(record(("k" + i).getBytes(UTF_8), json(names.get(i))));
        }
        write(records, "rm-published-at", IMPOSSIBLE_TIME);
        await().atMost(Duration.ofMinutes(2)).until(() -> recorder().handled.size() >= count);
        assertThat(parcels().names().stream().distinct()).containsExactlyInAnyOrderElementsOf(names);
        assertThat(recorder().dead).isEmpty();
    }

    @Test
    void keysThatAreNoTextAreHandledParkedFoundAndSentAgain() {
        start("reliable-messaging.listener.max-attempts=1");
        parcels().failing = "bad";
        parcels().failures = 1;
        byte[] notText = {(byte) 0xc3, (byte) 0x28, 0, (byte) 0xff};
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        records.add(record("a\0b".getBytes(UTF_8), json("bad with NUL")));
        records.add(record(notText, json("bad without text")));
        records.add(record(new byte[] {0}, json("good")));
        write(records, "x\0y", "\0");
        await().until(() -> recorder().dead.size() == 2 && recorder().handled.size() == 1);
        assertThat(parcels().calls).extracting(IncomingMessage::key).contains("a\0b", "\0");
        assertThat(parcels().calls)
                .allSatisfy(call -> assertThat(call.headers()).containsEntry("x\0y", "\0"));
        assertThat(letters().find(DeadLetterQuery.dead().key("a\0b")))
                .singleElement()
                .satisfies(letter -> assertThat(letters().get(letter.id())).isPresent());
        assertThat(letters().find(DeadLetterQuery.dead().key("\0"))).isEmpty();
        assertThat(letters().find(DeadLetterQuery.dead().group("\0").topic("\0").errorClass("\0")))
                .isEmpty();
        parcels().failing = "-";
        letters().redrive(DeadLetterQuery.dead(), "olive");
        await().until(() -> recorder().handled.size() == 3);
        assertThat(new KafkaTopic(SharedServers.kafka().bootstrapServers(), topic().name() + ".parcels.dlt")
                        .awaitValues(2))
                .hasSize(2);
    }

    private void start(String... properties) {
        String name = "parcels-" + UUID.randomUUID();
        host = HostApplication.onSharedServers(Host.class)
                .with(
                        "spring.datasource.hikari.maximum-pool-size=12",
                        "test.parcels=" + name,
                        "test.numbers=" + name + ".numbers",
                        "reliable-messaging.topics.[" + name + "].partitions=1",
                        "reliable-messaging.topics.[" + name + ".numbers].partitions=1",
                        "reliable-messaging.listener.max-attempts=3",
                        "reliable-messaging.listener.backoff.initial-delay=10ms",
                        "reliable-messaging.listener.backoff.max-delay=20ms")
                .with(properties)
                .run();
    }

    private KafkaTopic topic() {
        return new KafkaTopic(
                SharedServers.kafka().bootstrapServers(), host.getEnvironment().getRequiredProperty("test.parcels"));
    }

    private ProducerRecord<byte[], byte[]> record(byte[] key, byte[] value) {
        return new ProducerRecord<>(topic().name(), key, value);
    }

    private void write(List<ProducerRecord<byte[], byte[]>> records, String... headers) {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", SharedServers.kafka().bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (ProducerRecord<byte[], byte[]> record : records) {
                for (int i = 0; i < headers.length; i += 2) {
                    record.headers().add(headers[i], headers[i + 1].getBytes(UTF_8));
                }
                var unused = producer.send(record);
            }
            producer.flush();
        }
    }

    private static byte[] json(String name) {
        return "{\"name\":\"%s\",\"weight\":1}".formatted(name).getBytes(UTF_8);
    }

    private DeadLetter theDead() {
        return letters().find(DeadLetterQuery.dead()).get(0);
    }

    private DeadLetters letters() {
        return host.getBean(DeadLetters.class);
    }

    private Parcels parcels() {
        return host.getBean(Parcels.class);
    }

    private Recorder recorder() {
        return host.getBean(Recorder.class);
    }
}
