package io.reliablemessaging.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which producer settings lose messages, in whatever type they were given. */
class ProducerSafetyTests {

    @Test
    void kafkasOwnSettingsAreSafe() {
        assertThat(ProducerSafety.isAcknowledgedByAll(Map.of())).isTrue();
        assertThat(ProducerSafety.isIdempotenceAllowed(Map.of())).isTrue();
        assertThat(ProducerSafety.isRetrying(Map.of())).isTrue();
        assertThat(ProducerSafety.maxRequestSize(Map.of())).isEqualTo(1_048_576);
    }

    @Test
    void onlyAllReplicasAreEnough() {
        assertThat(ProducerSafety.isAcknowledgedByAll(Map.of("acks", " all "))).isTrue();
        assertThat(ProducerSafety.isAcknowledgedByAll(Map.of("acks", -1))).isTrue();
        assertThat(ProducerSafety.isAcknowledgedByAll(Map.of("acks", "1"))).isFalse();
        assertThat(ProducerSafety.isAcknowledgedByAll(Map.of("acks", 0))).isFalse();
    }

    @Test
    void idempotenceAndRetriesMayBeSwitchedOff() {
        assertThat(ProducerSafety.isIdempotenceAllowed(Map.of("enable.idempotence", false)))
                .isFalse();
        assertThat(ProducerSafety.isIdempotenceAllowed(Map.of("enable.idempotence", "TRUE")))
                .isTrue();
        assertThat(ProducerSafety.isRetrying(Map.of("retries", 0))).isFalse();
        assertThat(ProducerSafety.isRetrying(Map.of("retries", "3"))).isTrue();
    }

    @Test
    void theLargestMessageIsWhatTheProducerSends() {
        assertThat(ProducerSafety.maxRequestSize(Map.of("max.request.size", "5000000")))
                .isEqualTo(5_000_000);
    }
}
