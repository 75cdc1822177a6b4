package io.reliablemessaging.faults;

import io.reliablemessaging.delivery.DeliveryMutations;
import io.reliablemessaging.faults.Violation.Promise;
import io.reliablemessaging.faults.bank.Transfer;
import io.reliablemessaging.inbox.InboxMutations;
import io.reliablemessaging.lines.LineMutations;
import io.reliablemessaging.publish.PublishMutations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

/** What breaks between Kafka and the effect if one mechanism is missing. */
class ListenerMutantsIT extends MutantTest {

    ListenerMutantsIT() {
        super(Map.of("transfers", List.of("booking")));
    }

    @Test
    void catchesAnInboxThatLetsEverythingIn() throws Exception {
        Mutant mutant = new Mutant().with("inbox.Inbox", "take", InboxMutations.LetsEverythingIn.class);
        caught(Promise.NO_EFFECT_TWICE, mutant, (patch, mutated) -> {
            start("consumer", patch);
            operator.post(Transfer.of("k0"));
            awaitEffects(1);
            sendAllRecordsAgain();
            operator.post(Transfer.of("k0"));
            awaitEffects(mutated ? 3 : 2);
        });
    }

    @Test
    void catchesAnAcknowledgementBeforeTheCommit() throws Exception {
        Mutant mutant = new Mutant().with("lines.OffsetSpan", "add", LineMutations.FinishesWhatIsRead.class);
        caught(Promise.NOTHING_LOST, mutant, (patch, mutated) -> {
            Instance consumer = start("consumer", patch);
            try (Connection lock = site.connect()) {
                operator.post(Transfer.of("k0"));
                awaitEffects(1);
                lock.setAutoCommit(false);
                lock.createStatement().execute("select 1 from bank.tally for update");
                operator.post(Transfer.of("k0"));
                awaitCalls(consumer, 2);
                if (mutated) {
                    Rest.await("a committed offset", () -> committed() >= end() ? null : committed());
                }
                consumer.kill();
                lock.rollback();
                consumer.launch();
                operator.post(Transfer.of("k0"));
                awaitEffects(mutated ? 2 : 3);
            }
        });
    }

    @Test
    void catchesAParkedKeyThatHoldsNothingBack() throws Exception {
        Mutant mutant =
                new Mutant().with("delivery.ParkedKeys", "checkMayBeParked", DeliveryMutations.ForgetsParkedKeys.class);
        caught(Promise.EFFECTS_ARE_IN_SEQUENCE, mutant, (patch, mutated) -> {
            operator.post(List.of(Transfer.failing("k0", 3), Transfer.of("k0"), Transfer.of("k0")));
            start("consumer", patch);
            awaitEffects(3);
        });
    }

    @Test
    void catchesADrainThatTakesTheInboxRowForDone() throws Exception {
        Mutant mutant =
                new Mutant().with("delivery.ParkedDelivery", "handle", DeliveryMutations.TakesTheInboxRowForDone.class);
        caught(Promise.NOTHING_LOST, mutant, (patch, mutated) -> {
            operator.post(List.of(Transfer.failing("k0", 1), Transfer.of("k0")));
            start("consumer", patch);
            awaitRows("reliable_messaging.inbox_message", 2);
            awaitEmpty("reliable_messaging.parked_key");
        });
    }

    /** It dies between writing the dead-letter record and the commit, and its successor can handle the message. */
    @Test
    void catchesADeadLetterRecordOutsideTheTransaction() throws Exception {
        Mutant gate = new Mutant().with("publish.Outbox", "append", PublishMutations.GateAfterAppend.class);
        Mutant mutant = new Mutant().with("publish.Outbox", "append", PublishMutations.SendsDeadLettersAtOnce.class);
        caught(Promise.DEAD_LETTERS_AGREE, gate, mutant, (patch, mutated) -> {
            Gate append = new Gate(site.directory(), "append");
            append.close();
            operator.post(Transfer.failing("k0", -1));
            Instance consumer = start("consumer", patch, "reliable-messaging.listener.max-attempts=1");
            append.awaitSomebody();
            consumer.kill();
            start("successor", patch, "bank.repaired=true");
            awaitEffects(1);
            awaitEmptyOutbox();
        });
    }

    private static Instance start(String name, Path patch, String... properties) {
        Instance instance = site.addConsumer(name, properties).patchedWith(patch);
        instance.launch();
        instance.awaitStarted();
        return instance;
    }

    private static void awaitEffects(long effects) {
        awaitRows("bank.effect", effects);
    }

    private static void awaitCalls(Instance consumer, long calls) {
        Path diary = site.directory().resolve(consumer.name() + ".diary");
        Rest.await(calls + " calls", () -> {
            try {
                long now = Files.readAllLines(diary).stream()
                        .filter(line -> line.startsWith("entered"))
                        .count();
                return now >= calls ? null : now;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static long end() {
        return new TopicContents(site.kafka().bootstrapServers(), "transfers").count();
    }

    private static long committed() {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", site.kafka().bootstrapServers()))) {
            return admin.listConsumerGroupOffsets("booking").partitionsToOffsetAndMetadata().get().values().stream()
                    .mapToLong(OffsetAndMetadata::offset)
                    .sum();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** As a relay does that has died before it could delete them. */
    private static void sendAllRecordsAgain() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", site.kafka().bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            new TopicContents(site.kafka().bootstrapServers(), "transfers").read(record -> {
                var unused = producer.send(new ProducerRecord<>(
                        record.topic(), record.partition(), record.key(), record.value(), record.headers()));
            });
            producer.flush();
        }
    }
}
