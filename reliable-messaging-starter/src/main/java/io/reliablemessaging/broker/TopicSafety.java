package io.reliablemessaging.broker;

import io.reliablemessaging.ReliableTopic;
import org.apache.kafka.common.config.TopicConfig;

/** How safe a topic is to be: as it was declared, else as safe as the cluster can hold. */
final class TopicSafety {

    /** As many as a topic of production has. */
    static final int REPLICAS = 3;

    private TopicSafety() {}

    /**
     * Number of replicas.
     *
     * @param brokers how many brokers the cluster has, those included that are down
     */
    static int replicas(ReliableTopic topic, int brokers) {
        return topic.replicas() != null ? topic.replicas() : replicas(brokers);
    }

    /** Number of replicas where nobody has declared another. */
    static int replicas(int brokers) {
        return Math.min(REPLICAS, brokers);
    }

    static int minIsr(ReliableTopic topic, int replicas) {
        return topic.minIsr() != null ? topic.minIsr() : majority(replicas);
    }

    static int majority(int replicas) {
        return replicas / 2 + 1;
    }

    static boolean isUncleanElectionAllowed(ReliableTopic topic) {
        return Boolean.parseBoolean(topic.config().get(TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG));
    }
}
