package io.reliablemessaging.broker;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** The cluster's ids of topics: a topic that is deleted and made again has another, though its offsets start over. */
public final class TopicIds {

    private final Map<String, Object> adminConfig;
    private final Map<String, Uuid> known = new ConcurrentHashMap<>();

    TopicIds(Map<String, Object> adminConfig) {
        this.adminConfig = adminConfig;
    }

    /**
     * The topic's id.
     *
     * @throws org.apache.kafka.common.KafkaException if the cluster does not tell
     */
    public Uuid of(String topic) {
        return known.computeIfAbsent(topic, this::ask);
    }

    /** Asks again the next time: the topic may have been made anew since. */
    public void forget(String topic) {
        known.remove(topic);
    }

    private Uuid ask(String topic) {
        try (ClusterAdmin cluster = new ClusterAdmin(adminConfig)) {
            TopicDescription description = cluster.existing(List.of(topic)).get(topic);
            if (description == null) {
                throw new UnknownTopicOrPartitionException("Topic " + topic + " is gone");
            }
            return description.topicId();
        }
    }
}
