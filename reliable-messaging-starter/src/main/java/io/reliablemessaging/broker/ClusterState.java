package io.reliablemessaging.broker;

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
 * The cluster as it was found.
 *
 * @param brokers numbers of all brokers
 * @param down numbers of those that are down
 * @param brokerConfig settings of a broker, if we may know them
 * @param topics those that exist, by name
 * @param missing names of those that do not
 * @param hidden names of those that may not be looked at, or not wholly, and why
 * @param impossible names that no topic can have, and why
 */
record ClusterState(
        Set<Integer> brokers,
        Set<Integer> down,
        @Nullable Config brokerConfig,
        Map<String, TopicState> topics,
        Set<String> missing,
        Map<String, String> hidden,
        Map<String, String> impossible) {

    /**
     * Looks at the cluster.
     *
     * @param fresh topics that may not yet be known everywhere
     */
    static ClusterState read(ClusterAdmin cluster, Set<String> names, Set<String> fresh) {
        Collection<Node> nodes = cluster.brokers();
        Answers<Integer, Config> brokers = cluster.brokerConfigs(
                nodes.stream().filter(node -> !node.isFenced()).map(Node::id).toList());
        Answers<String, TopicDescription> topics = cluster.describe(names);
        Answers<String, Config> configs = cluster.topicConfigs(topics.given().keySet());
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

    // The controllers fence brokers that are gone. While they have no majority themselves nobody does, so ask each.
    private static Set<Integer> down(Collection<Node> nodes, Map<Integer, ApiException> silent) {
        Set<Integer> down = new TreeSet<>();
        nodes.stream().filter(Node::isFenced).forEach(node -> down.add(node.id()));
        silent.forEach((broker, reason) -> {
            if (!(reason instanceof AuthorizationException)) { // that one has answered
                down.add(broker);
            }
        });
        return down;
    }

    private static String hidden(ApiException reason) {
        if (reason instanceof RetriableException) {
            throw reason; // the cluster has gone away while we looked
        }
        return String.valueOf(reason.getMessage());
    }

    boolean isUp(Node broker) {
        return brokers.contains(broker.id()) && !down.contains(broker.id());
    }

    /** The only broker there is, which is for development. */
    boolean isSingle() {
        return brokers.size() == 1;
    }

    List<TopicState> of(Collection<String> names) {
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
