package io.reliablemessaging.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.wire.WireMessage;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A partition is missing when the cluster has just said so, never because of what a producer remembers. */
class TopicPartitionsTests {

    private final AtomicInteger cluster = new AtomicInteger(3);
    private final AtomicInteger asked = new AtomicInteger();
    private final CountDownLatch answers = new CountDownLatch(1);
    private final AtomicInteger answered = new AtomicInteger();
    private final TopicPartitions partitions = new TopicPartitions(topic -> 3, this::ask, answered::incrementAndGet);

    @AfterEach
    void close() {
        partitions.close();
    }

    @Test
    void nobodyIsAskedAboutPartitionsThatAreKnown() {
        assertThat(partitions.checkFor(row(null))).isTrue();
        assertThat(partitions.checkFor(row(2))).isTrue();
        assertThat(partitions.isMissing(row(2))).isFalse();
        assertThat(asked).hasValue(0);
    }

    @Test
    void aPartitionIsMissingOnceTheClusterHasSaidSo() {
        assertThat(partitions.checkFor(row(3))).isFalse();
        assertThat(partitions.isMissing(row(3))).isFalse();
        assertThat(partitions.topicsBeingAsked()).containsExactly("orders");
        answer();
        assertThat(partitions.isMissing(row(3))).isTrue();
        assertThat(partitions.isMissing(row(2))).isFalse();
        assertThat(partitions.missingPartition(row(3)))
                .hasMessage("Partition 3 of topic orders is not there: it has 3, counted from 0");
    }

    @Test
    void aTopicThatHasGrownHasIt() {
        cluster.set(4);
        assertThat(partitions.checkFor(row(3))).isFalse();
        answer();
        assertThat(partitions.isMissing(row(3))).isFalse();
        assertThat(partitions.checkFor(row(3))).isTrue();
    }

    @Test
    void whereTheClusterDoesNotAnswerNothingIsKnown() {
        cluster.set(-1);
        assertThat(partitions.checkFor(row(3))).isFalse();
        answer();
        assertThat(partitions.isMissing(row(3))).isFalse();
        assertThat(partitions.takeUnanswered())
                .singleElement()
                .satisfies(unknown -> assertThat(unknown.cause()).isInstanceOf(TimeoutException.class));
        assertThat(partitions.takeUnanswered()).isEmpty();
    }

    /** Nobody else would hear of it. */
    @Test
    void anErrorOfWhoeverAsksIsTold() {
        cluster.set(-2);
        assertThat(partitions.checkFor(row(3))).isFalse();
        answer();
        assertThat(partitions.takeFailed()).isInstanceOf(NoClassDefFoundError.class);
        assertThat(partitions.takeFailed()).isNull();
        assertThat(partitions.takeUnanswered()).isEmpty();
    }

    private void answer() {
        answers.countDown();
        await().until(() -> answered.get() == 1);
        assertThat(partitions.topicsBeingAsked()).isEmpty();
    }

    private int ask(String topic) {
        asked.incrementAndGet();
        try {
            answers.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (cluster.get() == -2) {
            throw new NoClassDefFoundError("of a library");
        }
        if (cluster.get() < 0) {
            throw new TimeoutException("no answer");
        }
        return cluster.get();
    }

    private static OutboxRecord row(Integer partition) {
        WireMessage message =
                new WireMessage(new MessageId(UUID.randomUUID()), "orders", partition, null, null, new RecordHeaders());
        return new OutboxRecord(0, 1, message, 0);
    }
}
