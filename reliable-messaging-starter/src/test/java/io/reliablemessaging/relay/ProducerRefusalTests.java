package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.support.LogCapture;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.junit.jupiter.api.Test;

/** While Kafka refuses the producer nothing is sent, until a record is taken. */
class ProducerRefusalTests {

    private final ProducerRefusal producerRefusal = new ProducerRefusal();

    @Test
    void nothingIsSentAfterARefusalAndItsCauseIsKnown() {
        assertThat(producerRefusal.isPausing()).isFalse();
        assertThat(producerRefusal.cause()).isNull();
        producerRefusal.note(new ClusterAuthorizationException("not this one"));
        assertThat(producerRefusal.isPausing()).isTrue();
        assertThat(producerRefusal.cause()).isEqualTo(ClusterAuthorizationException.class.getName() + ": not this one");
    }

    @Test
    void theLastCauseIsTold() {
        producerRefusal.note(new ClusterAuthorizationException("first"));
        producerRefusal.note(new ClusterAuthorizationException("second"));
        assertThat(producerRefusal.cause()).endsWith("second");
    }

    @Test
    void aTakenRecordEndsItAndTheNextRefusalIsNewAgain() {
        try (LogCapture log = LogCapture.start()) {
            producerRefusal.note(new ClusterAuthorizationException("RefusalTests one"));
            producerRefusal.note(new ClusterAuthorizationException("RefusalTests two"));
            producerRefusal.noteTaken();
            assertThat(producerRefusal.isPausing()).isFalse();
            assertThat(producerRefusal.cause()).isNull();
            producerRefusal.note(new ClusterAuthorizationException("RefusalTests three"));
            assertThat(log.ours("RefusalTests one")).hasSize(1);
            assertThat(log.ours("RefusalTests two")).as("told once").isEmpty();
            assertThat(log.ours("RefusalTests three")).hasSize(1);
        }
    }

    @Test
    void eachTakenRecordIsCountedAlsoWhileNothingIsRefused() {
        producerRefusal.noteTaken();
        producerRefusal.noteTaken();
        producerRefusal.note(new ClusterAuthorizationException("no"));
        producerRefusal.noteTaken();
        assertThat(producerRefusal.takenRecords()).isEqualTo(3);
    }

    @Test
    void whatIsForgottenIsTriedAtOnceAndCountsAsNothingTaken() {
        producerRefusal.note(new ClusterAuthorizationException("no"));
        producerRefusal.forget();
        assertThat(producerRefusal.isPausing()).isFalse();
        assertThat(producerRefusal.cause()).isNull();
        assertThat(producerRefusal.takenRecords()).isZero();
    }
}
