package io.reliablemessaging.reachability;

import static io.reliablemessaging.reachability.ClusterFailures.suspectCluster;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;

/** Only what an outage of the cluster has makes anybody suspect one. */
class ClusterFailuresTests {

    @Test
    void silenceAndBrokenConnectionsAreListed() {
        assertThat(suspectCluster(new TimeoutException("no metadata"))).isTrue();
        assertThat(suspectCluster(new DisconnectException())).isTrue();
    }

    @Test
    void anAnswerOfABrokerIsNot() {
        assertThat(suspectCluster(new TopicAuthorizationException("orders"))).isFalse();
        assertThat(suspectCluster(new KafkaException("closed"))).isFalse();
    }

    @Test
    void aTimeOutOfSomethingElseIsNot() {
        assertThat(suspectCluster(new java.util.concurrent.TimeoutException("a handler's")))
                .isFalse();
        assertThat(suspectCluster(new IllegalStateException(new IllegalArgumentException("not Kafka's"))))
                .isFalse();
    }

    @Test
    void kafkasOwnWrappingIsLookedThrough() {
        assertThat(suspectCluster(new KafkaException(new TimeoutException("no answer"))))
                .isTrue();
        assertThat(suspectCluster(new ExecutionException(new TimeoutException("no answer"))))
                .isTrue();
        assertThat(suspectCluster(new KafkaException(new KafkaException(new DisconnectException()))))
                .isTrue();
    }

    /** A handler may have called a service that uses Kafka itself. */
    @Test
    void whatLiesBeneathTheExceptionsOfOthersIsNot() {
        assertThat(suspectCluster(new IllegalStateException(new IllegalStateException(new TimeoutException("theirs")))))
                .isFalse();
    }

    @Test
    void namesThatLeadNowhereAreAnOutage() {
        assertThat(suspectCluster(new KafkaException(
                        new ConfigException("No resolvable bootstrap urls given in bootstrap.servers"))))
                .isTrue();
        assertThat(suspectCluster(new ConfigException("acks must be all"))).isFalse();
    }

    @Test
    void aCauseInACircleEnds() {
        Loop loop = new Loop();
        assertThat(suspectCluster(loop)).isFalse();
    }

    private static final class Loop extends KafkaException {
        @Override
        public synchronized Throwable getCause() {
            return this;
        }
    }
}
