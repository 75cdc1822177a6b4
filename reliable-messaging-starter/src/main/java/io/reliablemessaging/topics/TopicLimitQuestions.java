package io.reliablemessaging.topics;

import io.reliablemessaging.topics.TopicLimits.Limit;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;

/**
 * Asks the cluster for the limits of a topic, through one admin client that is opened for the first question and stays open. If no
 * broker answers, it is closed, and the next question opens another one, which resolves the brokers' names anew.
 */
final class TopicLimitQuestions implements Function<String, Limit>, AutoCloseable {

    private final Map<String, Object> adminConfig;
    private @Nullable ClusterAdmin open;
    private boolean closed;

    TopicLimitQuestions(Map<String, Object> adminConfig) {
        this.adminConfig = adminConfig;
    }

    /**
     * Asks for the limits of one topic.
     *
     * @throws KafkaException if there is no answer
     */
    @Override
    public Limit apply(String topic) {
        try {
            return ask(client(), topic);
        } catch (KafkaException e) {
            if (!isAnswer(e)) {
                closeClient();
            }
            throw e;
        }
    }

    private static Limit ask(ClusterAdmin cluster, String topic) {
        TopicDescription description = cluster.existing(List.of(topic)).get(topic);
        if (description == null) {
            return new Limit(cluster.createsTopics(), Integer.MAX_VALUE, Integer.MAX_VALUE);
        }
        Config config = cluster.topicConfigs(List.of(topic)).given().get(topic);
        return new Limit(true, description.partitions().size(), (int)
                ConfigValues.number(config, TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.MAX_VALUE));
    }

    // for example, the topic is not visible to us: another client would get the same answer
    static boolean isAnswer(KafkaException said) {
        return said instanceof ApiException
                && !(said instanceof RetriableException)
                && !(said instanceof AuthenticationException);
    }

    private synchronized ClusterAdmin client() {
        if (closed) {
            throw new KafkaException("closed");
        }
        ClusterAdmin client = open;
        if (client == null) {
            client = ClusterAdmin.open(adminConfig);
            open = client;
        }
        return client;
    }

    private synchronized void closeClient() {
        if (open != null) {
            open.close();
            open = null;
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        closeClient();
    }
}
