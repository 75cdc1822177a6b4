package io.reliablemessaging.topics;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * The state of the cluster at one moment.
 *
 * @param brokers ids of all brokers
 * @param down ids of brokers that are down
 * @param brokerConfig settings of a broker; null if they are not visible
 * @param topics existing topics by name
 * @param missing names of topics that do not exist
 * @param hidden names of topics that are not visible, or not completely, with the reason
 * @param impossible names that no topic can have, with the reason
 */
public record ClusterState(
        Set<Integer> brokers,
        Set<Integer> down,
        @Nullable Config brokerConfig,
        Map<String, TopicState> topics,
        Set<String> missing,
        Map<String, String> hidden,
        Map<String, String> impossible) {

    /**
     * Reads the state of the cluster.
     *
     * @param fresh topics that some brokers may not know yet
     */
    public static ClusterState read(ClusterAdmin cluster, Set<String> names, Set<String> fresh) {
        Collection<Node> nodes = cluster.brokers();
        ClusterAnswers<Integer, Config> brokers = cluster.brokerConfigs(
                nodes.stream().filter(node -> !node.isFenced()).map(Node::id).toList());
        ClusterAnswers<String, TopicDescription> topics = cluster.describe(names);
        ClusterAnswers<String, Config> configs =
                cluster.topicConfigs(topics.given().keySet());
        Set<String> missing = new TreeSet<>();
        Map<String, String> hidden = new TreeMap<>();
        Map<String, String> impossible = new TreeMap<>();
        topics.refused().forEach((name, reason) -> {
            if (reason instanceof InvalidTopicException) {
                impossible.put(name, String.valueOf(reason.getMessage()));
            } else if (!(reason instanceof UnknownTopicOrPartitionException)) {
                hidden.put(name, hidden(reason));
            } else if (!fresh.contains(name)) {
                missing.add(name);
            }
        });
        configs.refused().forEach((name, reason) -> {
            if (!fresh.contains(name)) {
                hidden.put(name, hidden(reason));
            }
        });
        Map<String, TopicState> states = new TreeMap<>();
        topics.given()
                .forEach((name, topic) ->
                        states.put(name, new TopicState(topic, configs.given().get(name))));
        return new ClusterState(
                nodes.stream().map(Node::id).collect(Collectors.toCollection(TreeSet::new)),
                down(nodes, brokers.refused()),
                brokers.given().values().stream().findFirst().orElse(null),
                states,
                missing,
                hidden,
                impossible);
    }

    // Controllers fence brokers that are gone. While the controllers
    // have no majority, no broker gets fenced, so ask each one.
    private static Set<Integer> down(Collection<Node> nodes, Map<Integer, ApiException> silent) {
        Set<Integer> down = new TreeSet<>();
        nodes.stream().filter(Node::isFenced).forEach(node -> down.add(node.id()));
        silent.forEach((broker, reason) -> {
            if (!(reason instanceof AuthorizationException)) { // a refusal is an answer
                down.add(broker);
            }
        });
        return down;
    }

    private static String hidden(ApiException reason) {
        if (reason instanceof RetriableException) {
            throw reason; // the cluster has gone away meanwhile
        }
        return String.valueOf(reason.getMessage());
    }

    public boolean isUp(Node broker) {
        return brokers.contains(broker.id()) && !down.contains(broker.id());
    }

    /** Tells whether there is only one broker, as in development. */
    public boolean isSingle() {
        return brokers.size() == 1;
    }

    public List<TopicState> find(Collection<String> names) {
        List<TopicState> found = new ArrayList<>();
        names.forEach(name -> {
            TopicState topic = topics.get(name);
            if (topic != null) {
                found.add(topic);
            }
        });
        return found;
    }
}
