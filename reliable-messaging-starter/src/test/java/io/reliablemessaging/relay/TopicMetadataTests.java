package io.reliablemessaging.relay;

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
        assertThat(metadata.isThereFor(row("orders"))).isFalse();
        assertThat(metadata.isThereFor(row("orders"))).isFalse();
        assertThat(metadata.asking()).containsExactly("orders");
        answer("orders").complete(null);
        await().until(() -> answers.get() == 1);
        assertThat(metadata.asking()).isEmpty();
        assertThat(metadata.isThereFor(row("orders"))).isTrue();
        assertThat(questions).hasValue(1);
        assertThat(metadata.takeMissing()).isEmpty();
    }

    @Test
    void moreTopicsThanOneAreAskedForAtTheSameTime() {
        for (int i = 0; i < 12; i++) {
            assertThat(metadata.isThereFor(row("missing-" + i))).isFalse();
        }
        assertThat(metadata.isThereFor(row("orders"))).isFalse();
        answer("orders").complete(null);
        await().until(() -> metadata.isThereFor(row("orders")));
        assertThat(metadata.asking()).hasSize(12);
    }

    @Test
    void aMissingTopicIsToldOnceWithTheMessageThatWantedIt() {
        OutboxRecord row = row("missing");
        assertThat(metadata.isThereFor(row)).isFalse();
        TimeoutException cause = new TimeoutException("not present in metadata");
        answer("missing").completeExceptionally(cause);
        await().until(() -> answers.get() == 1);
        assertThat(metadata.takeMissing()).containsExactly(new TopicQuestions.Unanswered("missing", row, cause));
        assertThat(metadata.takeMissing()).isEmpty();
        cluster.clear();
        assertThat(metadata.isThereFor(row)).as("it is asked for again").isFalse();
        assertThat(metadata.asking()).containsExactly("missing");
    }

    @Test
    void aTopicCanBeAskedForBeforeAnythingOfItIsRead() {
        metadata.askFor("held");
        assertThat(metadata.asking()).containsExactly("held");
        TimeoutException cause = new TimeoutException("not present in metadata");
        answer("held").completeExceptionally(cause);
        await().until(() -> answers.get() == 1);
        assertThat(metadata.takeMissing()).containsExactly(new TopicQuestions.Unanswered("held", null, cause));
    }

    @Test
    void whatTheProducerSaysAgainstATopicMakesItUnknown() {
        metadata.askFor("orders");
        answer("orders").complete(null);
        await().until(() -> metadata.isThereFor(row("orders")));
        metadata.forget("orders");
        assertThat(metadata.isThereFor(row("orders"))).isFalse();
    }

    /** A callback closes the producer at any moment, while the sending thread goes on. */
    @Test
    void afterTheEndItOnlySaysThatNothingIsThere() {
        metadata.close();
        assertThat(metadata.isThereFor(row("orders"))).isFalse();
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
