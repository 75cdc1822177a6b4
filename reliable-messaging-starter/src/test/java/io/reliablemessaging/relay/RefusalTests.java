package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.support.LogCapture;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.junit.jupiter.api.Test;

/** While Kafka refuses the producer nothing is sent, until a record is taken. */
class RefusalTests {

    private final Refusal refusal = new Refusal();

    @Test
    void nothingIsSentAfterARefusalAndItsCauseIsKnown() {
        assertThat(refusal.isPausing()).isFalse();
        assertThat(refusal.cause()).isNull();
        refusal.note(new ClusterAuthorizationException("not this one"));
        assertThat(refusal.isPausing()).isTrue();
        assertThat(refusal.cause()).isEqualTo(ClusterAuthorizationException.class.getName() + ": not this one");
    }

    @Test
    void theLastCauseIsTold() {
        refusal.note(new ClusterAuthorizationException("first"));
        refusal.note(new ClusterAuthorizationException("second"));
        assertThat(refusal.cause()).endsWith("second");
    }

    @Test
    void aTakenRecordEndsItAndTheNextRefusalIsNewAgain() {
        try (LogCapture log = LogCapture.start()) {
            refusal.note(new ClusterAuthorizationException("RefusalTests one"));
            refusal.note(new ClusterAuthorizationException("RefusalTests two"));
            refusal.noteTaken();
            assertThat(refusal.isPausing()).isFalse();
            assertThat(refusal.cause()).isNull();
            refusal.note(new ClusterAuthorizationException("RefusalTests three"));
            assertThat(log.ours("RefusalTests one")).hasSize(1);
            assertThat(log.ours("RefusalTests two")).as("told once").isEmpty();
            assertThat(log.ours("RefusalTests three")).hasSize(1);
        }
    }

    @Test
    void eachTakenRecordIsCountedAlsoWhileNothingIsRefused() {
        refusal.noteTaken();
        refusal.noteTaken();
        refusal.note(new ClusterAuthorizationException("no"));
        refusal.noteTaken();
        assertThat(refusal.takenRecords()).isEqualTo(3);
    }

    @Test
    void whatIsForgottenIsTriedAtOnceAndCountsAsNothingTaken() {
        refusal.note(new ClusterAuthorizationException("no"));
        refusal.forget();
        assertThat(refusal.isPausing()).isFalse();
        assertThat(refusal.cause()).isNull();
        assertThat(refusal.takenRecords()).isZero();
    }
}
