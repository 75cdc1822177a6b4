package io.reliablemessaging.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.observation.ObservationRegistry;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.intake.RowsInFlight;
import io.reliablemessaging.lanes.LaneLease;
import io.reliablemessaging.observers.ShieldedObservers;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.producer.Completions;
import io.reliablemessaging.producer.RelayProducers;
import io.reliablemessaging.quarantine.QuarantineTable;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.wire.ClientObserver;
import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.beans.BeanUtils;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.util.ReflectionUtils;

/** Suspects are alone of their topic, whoever else sends of it, and come after what is earlier of their key. */
class SuspectSenderTests {

    private static final LaneLease LEASE = new LaneLease(
            Map.of(0, 1L), 1, System.nanoTime() + Duration.ofHours(1).toNanos());

    private final MockProducer<byte[], byte[]> kafka =
            new MockProducer<>(false, null, new ByteArraySerializer(), new ByteArraySerializer()) {
                @Override
                public List<PartitionInfo> partitionsFor(String topic) {
                    if (topic.equals("broken")) {
                        throw new NoClassDefFoundError("of a library");
                    }
                    return super.partitionsFor(topic);
                }
            };
    private final RowsInFlight rowsInFlight = new RowsInFlight();
    private final SuspectSender sender = sender();

    @Test
    void oneOfATopicIsSentAtATime() {
        OutboxRecord first = row(1, "orders", "a");
        OutboxRecord second = row(2, "orders", "b");
        OutboxRecord elsewhere = row(3, "payments", "a");
        sender.add(List.of(first, second, elsewhere));
        awaitSent("orders 1", "payments 3");
        taken(elsewhere);
        sender.advance(LEASE);
        assertThat(sent()).hasSize(2).doesNotContain("orders 2");
        taken(first);
        sender.advance(LEASE);
        assertThat(sent()).hasSize(3).contains("orders 2");
    }

    /** The relay starts anew then; otherwise it would be asked again and again, and nobody would hear of it. */
    @Test
    void anErrorOfWhoeverAsksAboutATopicIsTold() {
        sender.add(List.of(row(1, "broken", "a")));
        sender.advance(LEASE);
        await().untilAsserted(() -> assertThat(sender.takeThreadFailure()).isInstanceOf(NoClassDefFoundError.class));
    }

    @Test
    void whatWasSentOfTheTopicBesideItComesFirst() {
        OutboxRecord first = row(1, "orders", "a");
        sender.add(List.of(first));
        awaitSent("orders 1"); // so it knows the topic
        taken(first);
        OutboxRecord beside = row(2, "orders", "b");
        rowsInFlight.add(beside);
        sender.add(List.of(row(3, "orders", "b")));
        sender.advance(LEASE);
        assertThat(sent()).containsExactly("orders 1");
        rowsInFlight.remove(beside);
        sender.advance(LEASE);
        assertThat(sent()).containsExactly("orders 1", "orders 3");
    }

    /** It was sent beside it and given up, since something else has failed: it is read again only when nothing is alone. */
    @Test
    void whatIsBehindOneThatWasGivenUpIsLeftToBeReadAgainAfterIt() {
        OutboxRecord givenUp = row(2, "orders", "a");
        OutboxRecord earlier = row(1, "orders", "a");
        OutboxRecord later = row(3, "orders", "a");
        OutboxRecord another = row(4, "orders", "b");
        OutboxRecord keyless = row(5, "orders", null);
        OutboxRecord elsewhere = row(6, "payments", "a");
        sender.add(List.of(earlier, later, another, keyless, elsewhere));
        sender.leaveBehind(List.of(givenUp, another));
        assertThat(sender.rows()).containsExactlyInAnyOrder(earlier, another, keyless, elsewhere);
        assertThat(rowsInFlight.rows()).isEqualTo(4);
        sender.leaveBehind(List.of(row(0, "payments", "a")));
        assertThat(sender.topics()).containsExactly("orders");
    }

    private void taken(OutboxRecord row) {
        rowsInFlight.remove(row);
        sender.noteTaken(row);
    }

    private void awaitSent(String... values) {
        await().untilAsserted(() -> {
            sender.advance(LEASE);
            assertThat(sent()).containsExactlyInAnyOrder(values);
        });
    }

    private List<String> sent() {
        return kafka.history().stream()
                .map(sent -> new String(sent.value(), UTF_8))
                .toList();
    }

    @SuppressWarnings("NullAway") // nothing is deleted here
    private SuspectSender sender() {
        MessagingObserver observer = new ShieldedObservers(List::of);
        Infrastructure infrastructure = Infrastructure.unwatched();
        QuarantineTable quarantine =
                new QuarantineTable(new DriverManagerDataSource(), new Schema("unused"), UUID.randomUUID());
        return new SuspectSender(
                new RelayProducers(Map.of(), ClientObserver.NONE, tracing(), () -> {}) {
                    @Override
                    public Producer<byte[], byte[]> open(
                            Map<String, Object> named, String name, ClientObserver clients) {
                        return kafka;
                    }
                },
                new Completions(null, observer, () -> {}, infrastructure),
                rowsInFlight,
                new SendGate(quarantine, new ProducerRefusal(), observer, infrastructure));
    }

    private static MessageTracing tracing() {
        try {
            return BeanUtils.instantiateClass(
                    ReflectionUtils.accessibleConstructor(MessageTracing.class, ObservationRegistry.class),
                    ObservationRegistry.NOOP);
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException(e);
        }
    }

    private static OutboxRecord row(long id, String topic, @Nullable String key) {
        byte[] value = (topic + " " + id).getBytes(UTF_8);
        byte[] bytes = key == null ? null : key.getBytes(UTF_8);
        MessageId message = new MessageId(new UUID(0, id));
        return new OutboxRecord(0, id, new WireMessage(message, topic, null, bytes, value, new RecordHeaders()), 0);
    }
}
