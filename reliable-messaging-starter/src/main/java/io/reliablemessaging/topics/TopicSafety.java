package io.reliablemessaging.topics;

import io.reliablemessaging.ReliableTopic;
import org.apache.kafka.common.config.TopicConfig;

/** Decides how safe a topic must be: as declared, else as safe as the cluster allows. */
public final class TopicSafety {

    /** The number of replicas of a topic in production. */
    public static final int REPLICAS = 3;

    private TopicSafety() {}

    /**
     * Returns the number of replicas that a topic must have.
     *
     * @param brokers number of brokers of the cluster, including those that are down
     */
    public static int replicas(ReliableTopic topic, int brokers) {
        return topic.replicas() != null ? topic.replicas() : replicas(brokers);
    }

    /** Returns the number of replicas of a topic that declares none. */
    public static int replicas(int brokers) {
        return Math.min(REPLICAS, brokers);
    }

    static int minIsr(ReliableTopic topic, int replicas) {
        return topic.minIsr() != null ? topic.minIsr() : majority(replicas);
    }

    public static int majority(int replicas) {
        return replicas / 2 + 1;
    }

    static boolean isUncleanElectionAllowed(ReliableTopic topic) {
        return Boolean.parseBoolean(topic.config().get(TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG));
    }
}
