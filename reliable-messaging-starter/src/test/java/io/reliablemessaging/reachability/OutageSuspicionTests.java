package io.reliablemessaging.reachability;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;

/** An outage explains a failure until something has answered that was asked after it. */
class OutageSuspicionTests {

    private final Exception silence = new TimeoutException("no answer");

    private final Infrastructure infrastructure = Infrastructure.unwatched();
    private final Reachability kafka = infrastructure.kafka();
    private final OutageSuspicion suspicion = new OutageSuspicion(infrastructure);

    @Test
    void whatNoOutageHasIsNeverExplained() {
        assertThat(suspicion.note(new IllegalStateException("a bug"))).isFalse();
        kafka.noteOutage(Instant.EPOCH, "no answer");
        assertThat(suspicion.note(new IllegalStateException("a bug"))).isFalse();
    }

    @Test
    void aFailureMayComeFromAnOutageUntilThereIsAnAnswer() {
        assertThat(suspicion.note(silence)).isTrue();
        assertThat(suspicion.note(silence)).isTrue();
        ask();
        assertThat(suspicion.note(silence)).as("it answers, and this fails").isFalse();
    }

    /** What was asked before the failure says nothing about the moment after it. */
    @Test
    void anAnswerToAnEarlierQuestionExplainsNothing() {
        kafka.noteQuestion();
        assertThat(suspicion.note(silence)).isTrue();
        kafka.noteAnswer();
        assertThat(suspicion.note(silence)).isTrue();
        ask();
        assertThat(suspicion.note(silence)).isFalse();
    }

    @Test
    void afterASuccessTheNextFailureIsAnotherOne() {
        suspicion.note(silence);
        ask();
        suspicion.worked();
        assertThat(suspicion.note(silence)).isTrue();
        ask();
        assertThat(suspicion.note(silence)).isFalse();
    }

    @Test
    void whileItIsAwayEverythingIsExplainedAndTheFirstFailureAfterIt() {
        suspicion.note(silence);
        kafka.noteOutage(Instant.EPOCH, "no answer");
        assertThat(suspicion.note(silence)).isTrue();
        ask();
        assertThat(kafka.isAway()).isFalse();
        assertThat(suspicion.note(silence))
                .as("it may have begun before the end")
                .isTrue();
        ask();
        assertThat(suspicion.note(silence)).isFalse();
    }

    private void ask() {
        kafka.noteQuestion();
        kafka.noteAnswer();
    }
}
