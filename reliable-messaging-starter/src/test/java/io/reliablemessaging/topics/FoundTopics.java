package io.reliablemessaging.topics;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;

/** Topics as a cluster could describe them. */
public final class FoundTopics {

    private FoundTopics() {}

    public static Node node(int id) {
        return new Node(id, "broker-" + id, 9092);
    }

    public static List<Node> nodes(Integer... ids) {
        return List.of(ids).stream().map(FoundTopics::node).toList();
    }

    public static Config config(Map<String, String> settings) {
        return new Config(settings.entrySet().stream()
                .map(each -> new ConfigEntry(each.getKey(), each.getValue()))
                .toList());
    }

    /** One whose partitions all have so many replicas, in sync, on the first brokers. */
    public static TopicState topic(String name, int partitions, int replicas, Map<String, String> settings) {
        List<Node> on =
                IntStream.rangeClosed(1, replicas).mapToObj(FoundTopics::node).toList();
        List<TopicPartitionInfo> all = new ArrayList<>();
        for (int i = 0; i < partitions; i++) {
            all.add(partition(i, on.get(0), on, on));
        }
        return topic(name, all, settings);
    }

    public static TopicState topic(String name, List<TopicPartitionInfo> partitions, Map<String, String> settings) {
        return new TopicState(new TopicDescription(name, false, partitions), config(settings));
    }

    public static TopicPartitionInfo partition(int number, Node leader, List<Node> replicas, List<Node> inSync) {
        return new TopicPartitionInfo(number, leader, replicas, inSync);
    }
}
