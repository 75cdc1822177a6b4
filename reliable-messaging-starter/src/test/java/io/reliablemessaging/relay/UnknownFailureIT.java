package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.OutboxQuarantine;
import io.reliablemessaging.QuarantinedKey;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.support.Recorder;
import io.reliablemessaging.support.Threads;
import io.reliablemessaging.test.ReliableMessagingTest;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownServerException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.transaction.support.TransactionTemplate;

/** Failures of which nobody knows whose fault they are: a row that alone has them goes into quarantine, an outage is waited for. */
@SpringBootTest(
        classes = UnknownFailureIT.Host.class,
        properties = {"spring.application.name=unknown-failure-test", "reliable-messaging.relay.lease=6s"})
@ReliableMessagingTest
class UnknownFailureIT {

    private static final Duration LONG = Duration.ofMinutes(2);

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Host {}

    @Autowired
    ApplicationContext host;

    @Autowired
    MessagePublisher publisher;

    @Autowired
    OutboxQuarantine quarantine;

    @Autowired
    TransactionTemplate transaction;

    @Autowired
    Relay relay;

    private final String bootstrapServers;
    private final Recorder recorder = new Recorder();
    private final AtomicInteger opened = new AtomicInteger();
    private volatile boolean outage;
    private KafkaTopic topic;

    @Autowired
    UnknownFailureIT(KafkaConnectionDetails kafka) {
        this.bootstrapServers = String.join(",", kafka.getBootstrapServers());
    }

    @BeforeEach
    void stopItsOwnRelay() {
        relay.stop();
        topic = KafkaTopic.create(bootstrapServers, "unknown-" + UUID.randomUUID(), 1);
    }

    @AfterEach
    void startItsOwnRelay() {
        relay.start();
    }

    @Test
    void rowsThatGoOnFailingWhileOthersAreSentAreQuarantinedWithTheLaterOnesOfTheirKeys() {
        List<String> kinds = List.of("server", "kafka", "illegal", "error");
        transaction.executeWithoutResult(status -> kinds.forEach(kind -> {
            publisher.publish(topic.name(), kind, "poison " + kind);
            publisher.publish(topic.name(), kind, "behind " + kind);
        }));
        List<String> others = new ArrayList<>();
        try (HookedRelay hooked = HookedRelay.start(host, Map.of(), recorder, this::moody)) {
            await().atMost(LONG).pollInterval(Duration.ofMillis(300)).untilAsserted(() -> {
                others.add(publish("other", "other " + others.size()));
                assertThat(messages()).hasSize(kinds.size()).values().containsOnly(2);
            });
            await().atMost(LONG).until(() -> topic.values().containsAll(others));
            assertThat(hooked.loop().trouble()).isNull();
        }
        assertThat(new LinkedHashSet<>(topic.values())).containsExactlyElementsOf(others);
        assertThat(opened).as("producers").hasValueLessThan(100);
        assertThat(quarantine.find()).filteredOn(this::isOurs).anySatisfy(key -> {
            assertThat(key.errorClass()).isEqualTo(UnknownServerException.class.getName());
            assertThat(key.errorMessage()).isEqualTo("NUL is \\0");
        });
    }

    @Test
    void anOutageThatNobodyKnowsQuarantinesNothingAndIsWaitedForInGrowingSteps() {
        List<String> published = IntStream.range(0, 20)
                .mapToObj(i -> publish("k" + i % 10, Integer.toString(i)))
                .toList();
        outage = true;
        try (HookedRelay hooked = HookedRelay.start(host, Map.of(), recorder, this::moody)) {
            await().atMost(LONG).until(() -> recorder.notSent.size() >= 12);
            assertThat(opened).as("producers").hasValueLessThan(60);
            assertThat(messages()).isEmpty();
            outage = false;
            await().atMost(LONG).until(() -> topic.values().containsAll(published));
            assertThat(hooked.loop().trouble()).isNull();
        }
        assertThat(messages()).isEmpty();
        for (int key = 0; key < 10; key++) {
            String first = Integer.toString(key);
            String second = Integer.toString(key + 10);
            assertThat(new LinkedHashSet<>(topic.values()))
                    .filteredOn(value -> value.equals(first) || value.equals(second))
                    .containsExactly(first, second);
        }
    }

    /** Both are under way: the broker accuses the later one together with others, and has not answered for the earlier one. */
    @Test
    void aSuspectWaitsForAnEarlierOneOfItsKeyThatWasGivenUp() {
        transaction.executeWithoutResult(status -> {
            publisher.publish(topic.name(), "k", "unanswered once");
            publisher.publish(topic.name(), "other", "accused once");
            publisher.publish(topic.name(), "k", "accused once, too");
        });
        try (HookedRelay hooked = HookedRelay.start(host, Map.of(), recorder, this::accusing)) {
            assertThat(new LinkedHashSet<>(topic.awaitValues(3)))
                    .filteredOn(value -> !value.equals("accused once"))
                    .containsExactly("unanswered once", "accused once, too");
            assertThat(recorder.notSent).hasSizeGreaterThanOrEqualTo(3);
            assertThat(hooked.loop().trouble()).isNull();
        }
    }

    /** The first one gets all three, accuses those that it is to, together, and answers for the other one when it is closed. */
    @SuppressWarnings("unchecked")
    private Producer<byte[], byte[]> accusing(Producer<byte[], byte[]> producer) {
        if (opened.getAndIncrement() > 0) {
            return producer;
        }
        Map<String, Callback> sent = new ConcurrentHashMap<>();
        ReentrantLock answering = new ReentrantLock(); // whoever closes a producer waits for the thread that answers
        return (Producer<byte[], byte[]>) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Producer.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("send") && arguments.length == 2) {
                        ProducerRecord<byte[], byte[]> record = (ProducerRecord<byte[], byte[]>) arguments[0];
                        sent.put(new String(record.value(), StandardCharsets.UTF_8), (Callback) arguments[1]);
                        if (sent.size() == 3) {
                            Threads.NEW.execute(() -> accuse(sent, answering));
                        }
                        return new CompletableFuture<>();
                    }
                    if (method.getName().equals("close")) {
                        answering.lock();
                        try {
                            Optional.ofNullable(sent.remove("unanswered once"))
                                    .ifPresent(callback ->
                                            callback.onCompletion(nowhere(topic.name()), new KafkaException("closed")));
                        } finally {
                            answering.unlock();
                        }
                    }
                    return method.invoke(producer, arguments);
                });
    }

    private void accuse(Map<String, Callback> sent, ReentrantLock answering) {
        Exception cause = new UnknownServerException("one of you");
        answering.lock();
        try {
            Stream.of("accused once", "accused once, too")
                    .forEach(value -> sent.get(value).onCompletion(nowhere(topic.name()), cause));
        } finally {
            answering.unlock();
        }
    }

    private static RecordMetadata nowhere(String topic) {
        return new RecordMetadata(new TopicPartition(topic, 0), -1, 0, -1, -1, -1);
    }

    /** As Kafka's own: once an answer was an error, nothing that was handed over after it gets to the broker. */
    @SuppressWarnings("unchecked")
    private Producer<byte[], byte[]> moody(Producer<byte[], byte[]> producer) {
        opened.incrementAndGet();
        AtomicBoolean answeredBadly = new AtomicBoolean();
        return (Producer<byte[], byte[]>) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Producer.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("send") && arguments.length == 2) {
                        ProducerRecord<byte[], byte[]> record = (ProducerRecord<byte[], byte[]>) arguments[0];
                        String value = new String(record.value(), StandardCharsets.UTF_8);
                        boolean server = outage || answeredBadly.get() || value.equals("poison server");
                        answeredBadly.set(server);
                        if (server || value.startsWith("poison ")) {
                            return fail(record, server ? "server" : value.substring(7), (Callback) arguments[1]);
                        }
                    }
                    try {
                        return method.invoke(producer, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private static Future<RecordMetadata> fail(ProducerRecord<byte[], byte[]> record, String kind, Callback callback) {
        switch (kind) {
            case "kafka" -> throw new KafkaException("plain");
            case "illegal" -> throw new IllegalStateException("of the host's code");
            case "error" -> throw new StackOverflowError();
            default -> {
                Threads.NEW.execute(
                        () -> callback.onCompletion(nowhere(record.topic()), new UnknownServerException("NUL is \0")));
                return new CompletableFuture<>();
            }
        }
    }

    private String publish(String key, String value) {
        transaction.executeWithoutResult(status -> publisher.publish(topic.name(), key, value));
        return value;
    }

    private Map<String, Integer> messages() {
        return quarantine.find().stream()
                .filter(this::isOurs)
                .collect(Collectors.toMap(QuarantinedKey::key, QuarantinedKey::messages));
    }

    private boolean isOurs(QuarantinedKey key) {
        return key.topic().equals(topic.name());
    }
}
