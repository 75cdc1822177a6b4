package io.reliablemessaging.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.observation.ObservationRegistry;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.wire.WireMessage;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.springframework.beans.BeanUtils;
import org.springframework.util.ReflectionUtils;

/** What happens on threads of the producer that it cannot deal with. */
class RelayProducerTests {

    private final AtomicInteger wakes = new AtomicInteger();

    /** It would end Kafka's thread: nothing would be answered any more, and nobody would know. */
    @Test
    void anErrorInTheAnswerOfABrokerClosesIt() throws Exception {
        MockProducer<byte[], byte[]> kafka =
                new MockProducer<>(false, null, new ByteArraySerializer(), new ByteArraySerializer());
        RelayProducer producer = new RelayProducer(kafka, wakes::incrementAndGet, tracing(), topic -> 1);
        // its answer cannot be taken: there is nobody to take it
        assertThat(producer.send(row(), nobody())).isNull();
        assertThat(producer.takeThreadFailure()).isNull();
        assertThat(kafka.completeNext()).isTrue();
        assertThat(producer.takeThreadFailure()).isNotNull();
        assertThat(producer.isClosed()).isTrue();
        assertThat(kafka.closed()).isTrue();
        assertThat(wakes).as("whoever sends is to start anew").hasValue(1);
        assertThat(producer.abandon()).as("no record is to blame").isEmpty();
    }

    /** It would end the thread that asks, and the topic would be asked for again and again without a word. */
    @Test
    void anErrorOfWhoeverAsksForMetadataIsTold() throws Exception {
        MockProducer<byte[], byte[]> kafka =
                new MockProducer<>(false, null, new ByteArraySerializer(), new ByteArraySerializer()) {
                    @Override
                    public java.util.List<org.apache.kafka.common.PartitionInfo> partitionsFor(String topic) {
                        throw new NoClassDefFoundError("com/example/Login");
                    }
                };
        RelayProducer producer = new RelayProducer(kafka, wakes::incrementAndGet, tracing(), topic -> 1);
        assertThat(producer.metadata().checkFor(row())).isFalse();
        AtomicReference<Throwable> told = new AtomicReference<>();
        await().until(() -> {
            told.compareAndSet(null, producer.takeThreadFailure());
            return told.get() != null;
        });
        assertThat(told.get()).isInstanceOf(NoClassDefFoundError.class);
        assertThat(producer.metadata().takeUnanswered())
                .as("nothing is known against the topic")
                .isEmpty();
        assertThat(producer.abandon()).isEmpty();
    }

    @SuppressWarnings("NullAway") // that is the point
    private static Completions nobody() {
        return null;
    }

    private static MessageTracing tracing() throws NoSuchMethodException {
        return BeanUtils.instantiateClass(
                ReflectionUtils.accessibleConstructor(MessageTracing.class, ObservationRegistry.class),
                ObservationRegistry.NOOP);
    }

    private static OutboxRecord row() {
        MessageId id = new MessageId(UUID.randomUUID());
        return new OutboxRecord(0, 1, new WireMessage(id, "orders", 0, null, new byte[] {1}, new RecordHeaders()), 0);
    }
}
