package io.reliablemessaging.listener;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.OutboxQuarantine;
import io.reliablemessaging.QuarantinedKey;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.Topics;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Keys of other senders that are no text: their dead letters are shown, named, and sent byte for byte. */
class ForeignKeysIT {

    private static final byte[] NO_TEXT = {(byte) 0xc3, 0x28, 0, (byte) 0xff};
    private static final String NO_TEXT_SHOWN = "\\xc32800ff";
    private static final byte[] NUL = "a\0b".getBytes(UTF_8);
    private static final String NUL_SHOWN = "\\x610062";
    private static final byte[] HALF = {(byte) 0xed, (byte) 0xa0, (byte) 0x80}; // a half surrogate, as bytes
    private static final String HALF_SHOWN = "\\xeda080";

    private final ListenerInstances app = new ListenerInstances();
    private OutboxQuarantine quarantine;
    private DeadLetters letters;

    @BeforeEach
    void start() {
        app.behaving(message -> {
            throw new IllegalStateException("broken");
        });
        app.start("reliable-messaging.listener.max-attempts=1");
        quarantine = app.running.get(0).getBean(OutboxQuarantine.class);
        letters = app.running.get(0).getBean(DeadLetters.class);
    }

    @AfterEach
    void close() {
        app.close();
    }

    @Test
    void deadLettersThatTheBrokerRefusesAreShownNamedInHexAndSent() {
        Topics topics = new Topics(app.bootstrapServers());
        topics.alter(deadLetterTopic(), "max.message.bytes", "500");
        write(NO_TEXT, NUL, HALF, "k".getBytes(UTF_8));
        await().until(() -> quarantine.find().size() == 4);
        assertThat(quarantine.find())
                .extracting(QuarantinedKey::key)
                .containsExactlyInAnyOrder(NO_TEXT_SHOWN, NUL_SHOWN, HALF_SHOWN, "k");

        topics.alter(deadLetterTopic(), "max.message.bytes", "1048588");
        assertThat(quarantine.release(deadLetterTopic(), NO_TEXT_SHOWN, "olive"))
                .isEqualTo(1);
        assertThat(quarantine.release(deadLetterTopic(), "a\0b", "olive")).isEqualTo(1);
        assertThat(quarantine.discard(deadLetterTopic(), HALF_SHOWN, "olive")).isEqualTo(1);
        assertThat(quarantine.skip(deadLetterTopic(), "k", "olive")).isZero();
        await().until(() -> quarantine.find().isEmpty());
        KafkaTopic topic = new KafkaTopic(app.bootstrapServers(), deadLetterTopic());
        assertThat(topic.awaitValues(2)).hasSize(2);
        assertThat(topic.records()).extracting(record -> record.key()).containsExactlyInAnyOrder(NO_TEXT, NUL);
        assertThat(app.sql()
                        .queryForList(
                                "select action, target from reliable_messaging.operation_log where who = 'olive'"))
                .contains(
                        Map.of("action", "release quarantined", "target", deadLetterTopic() + " " + NO_TEXT_SHOWN),
                        Map.of("action", "release quarantined", "target", deadLetterTopic() + " " + NUL_SHOWN));
    }

    @Test
    void deadLettersAreFoundByTheKeyThatTheyShow() {
        write(NO_TEXT, NUL, HALF);
        await().until(() -> letters.count(DeadLetterQuery.dead()) == 3);
        List<String> shown = letters.find(DeadLetterQuery.dead()).stream()
                .map(DeadLetter::key)
                .toList();
        assertThat(shown).containsExactlyInAnyOrder(NO_TEXT_SHOWN, NUL_SHOWN, HALF_SHOWN);
        for (String key : shown) {
            assertThat(letters.find(DeadLetterQuery.dead().key(key)))
                    .singleElement()
                    .satisfies(letter -> assertThat(letter.key()).isEqualTo(key));
        }
        app.behaving(message -> {});
        assertThat(letters.redrive(DeadLetterQuery.dead().key(HALF_SHOWN), "olive"))
                .isEqualTo(1);
        assertThat(letters.discard(DeadLetterQuery.dead().key(NUL_SHOWN), "not ours", "olive"))
                .isEqualTo(1);
        await().until(() -> app.recorder(0).handled.size() == 1);
        assertThat(letters.find(DeadLetterQuery.dead()))
                .singleElement()
                .satisfies(letter -> assertThat(letter.key()).isEqualTo(NO_TEXT_SHOWN));
    }

    private String deadLetterTopic() {
        return app.topic + ".tested.dlt";
    }

    private void write(byte[]... keys) {
        byte[] value = "x".repeat(2_000).getBytes(UTF_8);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", app.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (byte[] key : keys) {
                producer.send(new ProducerRecord<>(app.topic, key, value)).get();
            }
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException("Writing to " + app.topic, e);
        }
    }
}
