package io.reliablemessaging.reachability;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.reachability.Reachability.Away;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What is away, refuses, is disturbed, or was only suspected. */
class ReachabilityTests {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private long now = Long.MAX_VALUE - MINUTE.toNanos() / 2; // it overflows during the tests
    private final Reachability kafka =
            new Reachability("Kafka", failure -> failure instanceof IllegalStateException, () -> now);

    @Test
    void aSuspicionIsNoOutageAndEndsWithAnAnswer() {
        assertThat(kafka.suspect(new IllegalArgumentException())).isFalse();
        assertThat(kafka.isSuspected()).isFalse();
        assertThat(kafka.suspect(new IllegalStateException())).isTrue();
        assertThat(kafka.isSuspected()).isTrue();
        assertThat(kafka.isAway()).isFalse();
        assertThat(kafka.isDisturbed()).isFalse();
        answer();
        assertThat(kafka.isSuspected()).isFalse();
    }

    @Test
    void anOutageDisturbsForAMinuteAfterItsEnd() {
        kafka.noteOutage(Instant.EPOCH, "no answer");
        assertThat(kafka.away()).contains(new Away(Instant.EPOCH, "no answer"));
        assertThat(kafka.isDisturbed()).isTrue();
        answer();
        assertThat(kafka.isAway()).isFalse();
        after(MINUTE.minusNanos(1));
        answer();
        assertThat(kafka.isDisturbed()).isTrue();
        after(Duration.ofNanos(1));
        assertThat(kafka.isDisturbed()).as("further answers make it no longer").isFalse();
    }

    @Test
    void aRefusalIsAnAnswer() {
        kafka.noteOutage(Instant.EPOCH, "no answer");
        kafka.noteQuestion();
        kafka.noteRefusal("wrong password");
        assertThat(kafka.isAway()).isFalse();
        assertThat(kafka.refusal()).contains("wrong password");
        assertThat(kafka.hasAnsweredSince(0)).isTrue();
        after(Duration.ofHours(1));
        assertThat(kafka.isDisturbed()).isTrue();
        answer();
        assertThat(kafka.refusal()).isEmpty();
        assertThat(kafka.isDisturbed()).isTrue();
        after(MINUTE);
        assertThat(kafka.isDisturbed()).isFalse();
    }

    @Test
    void whatIsAwayRefusesNothing() {
        kafka.noteRefusal("wrong password");
        kafka.noteOutage(Instant.EPOCH, "no answer");
        assertThat(kafka.refusal()).isEmpty();
    }

    @Test
    void onlyAnAnswerToALaterQuestionCountsSince() {
        answer();
        long asked = kafka.questions();
        assertThat(kafka.hasAnsweredSince(asked)).isFalse();
        kafka.noteQuestion();
        assertThat(kafka.hasAnsweredSince(asked)).as("no answer yet").isFalse();
        kafka.noteAnswer();
        assertThat(kafka.hasAnsweredSince(asked)).isTrue();
        assertThat(kafka.lastAnswered()).isEqualTo(asked + 1);
    }

    @Test
    void whoeverWorksWithItIsBelieved() {
        assertThat(Duration.ofNanos(kafka.sinceItWorked())).isEqualTo(MINUTE);
        kafka.noteUse();
        after(Duration.ofSeconds(3));
        assertThat(Duration.ofNanos(kafka.sinceItWorked())).isEqualTo(Duration.ofSeconds(3));
    }

    private void answer() {
        kafka.noteQuestion();
        kafka.noteAnswer();
    }

    private void after(Duration duration) {
        now += duration.toNanos();
    }
}
