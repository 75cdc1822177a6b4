package io.reliablemessaging.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.wire.WireMessage;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Nobody who sends waits for what is known of a topic. */
class TopicMetadataTests {

    private final Map<String, CompletableFuture<Void>> cluster = new ConcurrentHashMap<>();
    private final AtomicInteger questions = new AtomicInteger();
    private final AtomicInteger answers = new AtomicInteger();
    private final TopicMetadata metadata = new TopicMetadata(this::ask, answers::incrementAndGet);

    @AfterEach
    void close() {
        cluster.values().forEach(answer -> answer.cancel(true));
        metadata.close();
    }

    @Test
    void aTopicIsAskedForOnceAndLeftAloneUntilThereIsAnAnswer() {
        assertThat(metadata.checkFor(row("orders"))).isFalse();
        assertThat(metadata.checkFor(row("orders"))).isFalse();
        assertThat(metadata.topicsBeingAsked()).containsExactly("orders");
        answer("orders").complete(null);
        await().until(() -> answers.get() == 1);
        assertThat(metadata.topicsBeingAsked()).isEmpty();
        assertThat(metadata.checkFor(row("orders"))).isTrue();
        assertThat(questions).hasValue(1);
        assertThat(metadata.takeUnanswered()).isEmpty();
    }

    @Test
    void moreTopicsThanOneAreAskedForAtTheSameTime() {
        for (int i = 0; i < 12; i++) {
            assertThat(metadata.checkFor(row("missing-" + i))).isFalse();
        }
        assertThat(metadata.checkFor(row("orders"))).isFalse();
        answer("orders").complete(null);
        await().until(() -> metadata.checkFor(row("orders")));
        assertThat(metadata.topicsBeingAsked()).hasSize(12);
    }

    @Test
    void aMissingTopicIsToldOnceWithTheMessageThatWantedIt() {
        OutboxRecord row = row("missing");
        assertThat(metadata.checkFor(row)).isFalse();
        TimeoutException cause = new TimeoutException("not present in metadata");
        answer("missing").completeExceptionally(cause);
        await().until(() -> answers.get() == 1);
        assertThat(metadata.takeUnanswered()).containsExactly(new TopicQuestions.Unanswered("missing", row, cause));
        assertThat(metadata.takeUnanswered()).isEmpty();
        cluster.clear();
        assertThat(metadata.checkFor(row)).as("it is asked for again").isFalse();
        assertThat(metadata.topicsBeingAsked()).containsExactly("missing");
    }

    @Test
    void aTopicCanBeAskedForBeforeAnythingOfItIsRead() {
        metadata.askFor("held");
        assertThat(metadata.topicsBeingAsked()).containsExactly("held");
        TimeoutException cause = new TimeoutException("not present in metadata");
        answer("held").completeExceptionally(cause);
        await().until(() -> answers.get() == 1);
        assertThat(metadata.takeUnanswered()).containsExactly(new TopicQuestions.Unanswered("held", null, cause));
    }

    @Test
    void whatTheProducerSaysAgainstATopicMakesItUnknown() {
        metadata.askFor("orders");
        answer("orders").complete(null);
        await().until(() -> metadata.checkFor(row("orders")));
        metadata.forget("orders");
        assertThat(metadata.checkFor(row("orders"))).isFalse();
    }

    /** A callback closes the producer at any moment, while the sending thread goes on. */
    @Test
    void afterTheEndItOnlySaysThatNothingIsThere() {
        metadata.close();
        assertThat(metadata.checkFor(row("orders"))).isFalse();
        assertThat(questions).hasValue(0);
    }

    private CompletableFuture<Void> answer(String topic) {
        return cluster.computeIfAbsent(topic, name -> new CompletableFuture<>());
    }

    private void ask(String topic) {
        questions.incrementAndGet();
        try {
            answer(topic).get();
        } catch (java.util.concurrent.ExecutionException e) {
            throw (RuntimeException) e.getCause();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static OutboxRecord row(String topic) {
        WireMessage message = new WireMessage(
                new MessageId(UUID.randomUUID()), topic, null, null, null, new RecordHeaders(List.of()));
        return new OutboxRecord(0, 1, message, 0);
    }
}
