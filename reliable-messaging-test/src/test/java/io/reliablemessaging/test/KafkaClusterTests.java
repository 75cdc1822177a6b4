package io.reliablemessaging.test;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class KafkaClusterTests {

    @Test
    void refusesTwoBrokers() {
        assertThatThrownBy(() -> KafkaCluster.start(2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1 or 3 brokers, not 2");
    }
}
