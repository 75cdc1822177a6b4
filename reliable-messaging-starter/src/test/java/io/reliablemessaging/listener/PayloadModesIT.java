package io.reliablemessaging.listener;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.Recorder;
import io.reliablemessaging.test.SharedServers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.support.serializer.ErrorHandlingDeserializer;
import org.springframework.kafka.support.serializer.JacksonJsonDeserializer;
import org.springframework.messaging.handler.annotation.Header;

/** Deserializers that hide, remove and share, and handlers that are slow, where messages share a transaction or are parked. */
@TestInstance(Lifecycle.PER_CLASS)
class PayloadModesIT {

    private static final int ATTEMPTS = 3;

    private final String run = "modes-" + UUID.randomUUID();
    private ConfigurableApplicationContext app;

    public record Parcel(String name, int weight) {}

    /** Reads JSON as Boot's users do, except on one topic, where it is one for one thread. */
    public static final class ByTopic implements Deserializer<Object> {

        private final ErrorHandlingDeserializer<Object> json =
                new ErrorHandlingDeserializer<>(new JacksonJsonDeserializer<>());
        private final PayloadIT.OneThreadOnly plain = new PayloadIT.OneThreadOnly();

        @Override
        public void configure(Map<String, ?> configs, boolean isKey) {
            json.configure(configs, isKey);
        }

        @Override
        public Object deserialize(String topic, byte[] data) {
            throw new UnsupportedOperationException("without headers");
        }

        @Override
        public Object deserialize(String topic, Headers headers, byte[] data) {
            if (topic.endsWith("-plain")) {
                return new Parcel(plain.deserialize(topic, data).name(), data.length);
            }
            return json.deserialize(topic, headers, data);
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
        Parcels parcels(JdbcTemplate sql) {
            return new Parcels(sql, new CopyOnWriteArrayList<>());
        }
    }

    /** A call of a handler. */
    record Call(String name, String type, int attempt) {}

    record Parcels(JdbcTemplate sql, List<Call> calls) {

        @ReliableListener(
                id = "modes-batch",
                topics = "${test.run}-batch",
                groupId = "modes-batch",
                transaction = TransactionMode.BATCH)
        void batch(IncomingMessage<Parcel> message, @Header(name = "__TypeId__", defaultValue = "none") String type) {
            handle(message, type);
        }

        @ReliableListener(id = "modes-key", topics = "${test.run}-key", groupId = "modes-key")
        void key(IncomingMessage<Parcel> message, @Header(name = "__TypeId__", defaultValue = "none") String type) {
            handle(message, type);
        }

        @ReliableListener(
                id = "modes-plain",
                topics = "${test.run}-plain",
                groupId = "modes-plain",
                transaction = TransactionMode.BATCH)
        void plain(IncomingMessage<Parcel> message) {
            handle(message, "");
        }

        @ReliableListener(
                id = "modes-slow",
                topics = "${test.run}-slow",
                groupId = "modes-slow",
                concurrency = 1,
                transaction = TransactionMode.BATCH)
        void slow(IncomingMessage<Parcel> message) {
            double seconds = message.payload().weight() / 10.0;
            sql.query("select pg_sleep(?)", row -> {}, seconds);
        }

        private void handle(IncomingMessage<Parcel> message, String type) {
            String name = message.payload() == null ? "null" : message.payload().name();
            calls.add(new Call(name, type, message.attempt()));
            if (name.startsWith("bad") && message.attempt() < ATTEMPTS) {
                throw new IllegalStateException("broken");
            }
        }
    }

    @BeforeAll
    void start() {
        for (String topic : List.of("batch", "key", "plain", "slow")) {
            KafkaTopic.create(SharedServers.kafka().bootstrapServers(), run + "-" + topic, 1);
        }
        app = HostApplication.onSharedServers(Host.class)
                .with(
                        "spring.datasource.hikari.maximum-pool-size=16",
                        "spring.kafka.consumer.value-deserializer=" + ByTopic.class.getName(),
                        "spring.kafka.consumer.properties.[spring.json.trusted.packages]=*",
                        "test.run=" + run,
                        "reliable-messaging.listeners.modes-slow.transaction-timeout=2s",
                        "reliable-messaging.listener.max-attempts=" + ATTEMPTS,
                        "reliable-messaging.listener.backoff.initial-delay=10ms",
                        "reliable-messaging.listener.backoff.max-delay=20ms")
                .run();
    }

    @AfterAll
    void close() {
        app.close();
    }

    @BeforeEach
    void clear() {
        app.getBean(Parcels.class).calls().clear();
        recorder().handled.clear();
        recorder().dead.clear();
    }

    @ParameterizedTest
    @ValueSource(strings = {"batch", "key"})
    void whatIsRemovedIsThereAgainAndWhatIsHiddenIsDeadAtOnce(String mode) {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        records.add(record(mode, "k", json("bad", 1)));
        // parked behind it; and of other keys
        for (String key : List.of("k", "o")) {
            records.add(record(mode, key, "not JSON".getBytes(UTF_8)));
            records.add(record(mode, key, "null".getBytes(UTF_8)));
            records.add(record(mode, key, null));
            records.add(record(mode, key, json("good " + key, 1)));
        }
        write(mode, records);
        await().until(() -> recorder().handled.size() == 5 && recorder().dead.size() == 4);
        assertThat(calls()).extracting(Call::type).containsOnly(Parcel.class.getName());
        assertThat(calls()).extracting(Call::name).contains("good k", "good o", "null", "bad");
        assertThat(calls()).extracting(Call::name).containsOnly("good k", "good o", "null", "bad");
        assertThat(calls().stream().filter(call -> call.name().equals("bad")))
                .extracting(Call::attempt)
                .endsWith(1, 2, 3);
        assertThat(sql().queryForList(
                                "select convert_from(value, 'UTF8') || ' ' || attempts"
                                        + " from reliable_messaging.parked_message"
                                        + " where consumer_group = ? and state = 'DEAD'",
                                String.class,
                                "modes-" + mode))
                .containsExactlyInAnyOrder("not JSON 1", "null 1", "not JSON 1", "null 1");
    }

    @Test
    void aDeserializerIsUsedByOneThreadAtATimeAlsoForWhatIsParked() {
        List<String> values = IntStream.range(0, 200)
                .mapToObj(i -> (i % 2 == 0 ? "bad" : "good") + i + "-".repeat(100 + i % 7) + "x".repeat(500))
                .toList();
        write(
                "plain",
                values.stream()
                        .map(value -> record("plain", value.substring(0, 8), value.getBytes(UTF_8)))
                        .toList());
        await().until(() -> recorder().handled.size() == 200);
        assertThat(calls().stream().map(Call::name).distinct()).containsExactlyInAnyOrderElementsOf(values);
    }

    @Test
    void messagesThatTakeTooLongTogetherAreHandledOneByOneAndOneThatTakesTooLongSaysSo() {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        IntStream.range(0, 6).forEach(i -> records.add(record("slow", "k" + i, json("short", 5))));
        write("slow", records);
        await().until(() -> recorder().handled.size() == 6);
        assertThat(recorder().dead).isEmpty();
        write("slow", List.of(record("slow", "k", json("long", 600)), record("slow", "k", json("short", 1))));
        await().until(() -> recorder().dead.size() == 1 && recorder().handled.size() == 7);
        assertThat(sql().queryForList(
                                "select f.error_message from reliable_messaging.parked_failure f"
                                        + " join reliable_messaging.parked_message p on p.id = f.parked_id"
                                        + " where consumer_group = 'modes-slow'",
                                String.class))
                .as("live, and parked")
                .hasSize(ATTEMPTS)
                .allSatisfy(text -> assertThat(text).contains("longer than transaction-timeout (2 s)"));
    }

    private List<Call> calls() {
        return app.getBean(Parcels.class).calls();
    }

    private static byte[] json(String name, int weight) {
        return "{\"name\":\"%s\",\"weight\":%d}".formatted(name, weight).getBytes(UTF_8);
    }

    private ProducerRecord<byte[], byte[]> record(String topic, String key, byte[] value) {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(run + "-" + topic, key.getBytes(UTF_8), value);
        record.headers().add("__TypeId__", Parcel.class.getName().getBytes(UTF_8));
        return record;
    }

    // all are read together: the listener is stopped in the meantime
    private void write(String mode, List<ProducerRecord<byte[], byte[]>> records) {
        ReliableListenerContainer container = (ReliableListenerContainer)
                app.getBean(KafkaListenerEndpointRegistry.class).getListenerContainer("modes-" + mode);
        container.stop();
        await().until(() -> !container.isChildRunning());
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", SharedServers.kafka().bootstrapServers(), "linger.ms", 100),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            records.forEach(record -> {
                var unused = producer.send(record);
            });
            producer.flush();
        }
        container.start();
    }

    private JdbcTemplate sql() {
        return app.getBean(JdbcTemplate.class);
    }

    private Recorder recorder() {
        return app.getBean(Recorder.class);
    }
}
