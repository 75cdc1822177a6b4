package io.reliablemessaging.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.delivery.DeliveryAnswer;
import io.reliablemessaging.delivery.DeliveryAnswer.Finished;
import io.reliablemessaging.delivery.DeliveryAnswer.RetryAfter;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of a record that was acquired when a person pauses the listener. */
class ShareWorkTests {

    private static final DeliveryAnswer DONE = new Finished(true, false);

    private final ScriptedListener listener = new ScriptedListener(TransactionMode.RECORD, 1);
    private final AtomicInteger ended = new AtomicInteger();

    ShareWorkTests() {
        when(listener.services.topicIds().resolve(any())).thenReturn(Uuid.ONE_UUID);
        when(listener.services.topicIds().known(any())).thenReturn(Optional.of(Uuid.ONE_UUID));
        when(listener.live.deliver(any())).thenReturn(DONE);
        when(listener.live.park(any(), any())).thenReturn(DONE);
    }

    @AfterEach
    void close() {
        listener.close();
    }

    @Test
    void oneThatHasNotBegunIsReleased() {
        listener.mayHandle.set(false);
        ShareWork work = start(1);
        await().until(() -> ended.get() == 1);
        assertThat(work.acknowledgement()).isEqualTo(AcknowledgeType.RELEASE);
        verify(listener.live, never()).deliver(any());
    }

    @Test
    void oneThatIsToBeRetriedIsReleased() {
        when(listener.live.deliver(any())).thenAnswer(call -> {
            listener.mayHandle.set(false);
            return new RetryAfter(Duration.ofMillis(5), true);
        });
        ShareWork work = start(1);
        await().until(() -> ended.get() == 1);
        assertThat(work.acknowledgement()).isEqualTo(AcknowledgeType.RELEASE);
        verify(listener.live).deliver(any()); // once
    }

    @Test
    void oneThatTheClusterMightGiveUpIsParkedWithoutACallOfItsHandler() {
        listener.mayHandle.set(false);
        ShareWork work = start(3);
        await().until(() -> ended.get() == 1);
        assertThat(work.acknowledgement()).isEqualTo(AcknowledgeType.ACCEPT);
        verify(listener.live).park(any(), any());
        verify(listener.live, never()).deliver(any());
    }

    private ShareWork start(int deliveries) {
        ShareWork.Context context = new ShareWork.Context(
                listener.services,
                listener.pool.join("shipping", "shipping-", 1),
                listener.services.memory().open(),
                5,
                new ShareGroupHorizons(InstantSource.system()));
        ShareWork work = new ShareWork(context, record((short) deliveries), ended::incrementAndGet);
        work.start();
        return work;
    }

    private static ConsumerRecord<byte[], byte[]> record(short deliveries) {
        return new ConsumerRecord<>(
                "orders",
                0,
                7,
                0,
                TimestampType.CREATE_TIME,
                1,
                1,
                new byte[1],
                new byte[1],
                new RecordHeaders(),
                Optional.empty(),
                Optional.of(deliveries));
    }
}
