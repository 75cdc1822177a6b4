package io.reliablemessaging.producer;

import static io.reliablemessaging.outbox.OutboxRows.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.outbox.OutboxRecord;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A topic is asked about once at a time, and what came of it is not lost. */
class TopicQuestionsTests {

    private final List<String> begun = new CopyOnWriteArrayList<>();
    private final BlockingQueue<Set<String>> askingAtEnd = new LinkedBlockingQueue<>();
    private final Semaphore answers = new Semaphore(0);
    private volatile Throwable failure;
    private TopicQuestions questions = new TopicQuestions("topic-questions-tests-", 2, this::question, this::ended);

    @AfterEach
    void close() {
        questions.close();
    }

    @Test
    void aTopicIsNotAskedAboutTwiceAtATimeAndAgainAfterwards() throws Exception {
        questions.ask("orders", null);
        questions.ask("orders", null);
        assertThat(questions.topicsBeingAsked()).containsExactly("orders");
        answers.release();
        assertThat(awaitEnd())
                .as("another question may be asked from the call on")
                .isEmpty();
        assertThat(begun).containsExactly("orders");
        questions.ask("orders", null);
        answers.release();
        awaitEnd();
        assertThat(begun).containsExactly("orders", "orders");
    }

    @Test
    void whatWasNotAnsweredIsTakenOnceWithTheRowThatItIsFor() throws Exception {
        OutboxRecord row = row(1, "orders", "a");
        failure = new TimeoutException("no metadata");
        questions.ask("orders", row);
        answers.release();
        awaitEnd();
        assertThat(questions.takeUnanswered())
                .containsExactly(new TopicQuestions.Unanswered("orders", row, (Exception) failure));
        assertThat(questions.takeUnanswered()).isEmpty();
        assertThat(questions.takeFailed()).isNull();
    }

    @Test
    void anErrorIsHandedOutOnceAndTheTopicMayBeAskedAboutAgain() throws Exception {
        failure = new NoClassDefFoundError("Missing");
        questions.ask("orders", null);
        answers.release();
        assertThat(awaitEnd()).isEmpty();
        assertThat(questions.takeFailed()).isSameAs(failure);
        assertThat(questions.takeFailed()).isNull();
        assertThat(questions.takeUnanswered()).isEmpty();
    }

    @Test
    void noMoreQuestionsThanAllowedAreAskedAtATime() throws Exception {
        questions.close();
        questions = new TopicQuestions("topic-questions-tests-", 1, this::question, this::ended);
        questions.ask("orders", null);
        questions.ask("payments", null);
        assertThat(questions.topicsBeingAsked()).containsExactlyInAnyOrder("orders", "payments");
        answers.release();
        assertThat(awaitEnd()).containsExactly("payments");
        answers.release();
        assertThat(awaitEnd()).isEmpty();
        assertThat(begun).containsExactly("orders", "payments");
    }

    @Test
    void afterTheCloseNothingIsAsked() {
        questions.close();
        questions.ask("orders", null);
        assertThat(begun).isEmpty();
    }

    private void question(String topic) {
        begun.add(topic);
        try {
            answers.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (failure instanceof RuntimeException exception) {
            throw exception;
        }
        if (failure instanceof Error error) {
            throw error;
        }
    }

    private void ended() {
        askingAtEnd.add(questions.topicsBeingAsked());
    }

    private Set<String> awaitEnd() throws InterruptedException {
        Set<String> asking = askingAtEnd.poll(10, TimeUnit.SECONDS);
        assertThat(asking).as("a question has ended").isNotNull();
        return asking;
    }
}
