package io.reliablemessaging.faults;

import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.springframework.util.StringUtils;

/** How the instances of a group share its partitions. Members that are gone are missed after six seconds, whatever the way. */
enum Membership {
    /** All partitions are given up first, and then shared anew: the default. */
    EAGER(
            "session.timeout.ms=6000",
            "heartbeat.interval.ms=1000",
            "partition.assignment.strategy=org.apache.kafka.clients.consumer.RangeAssignor"),

    /** Only partitions that change hands are given up; the others are read all the while. */
    COOPERATIVE(
            "session.timeout.ms=6000",
            "heartbeat.interval.ms=1000",
            "partition.assignment.strategy=org.apache.kafka.clients.consumer.CooperativeStickyAssignor"),

    /** The broker decides, and each member moves to what it is given by itself (KIP-848). */
    DECIDED_BY_THE_BROKER("group.protocol=consumer");

    private final String properties;

    Membership(String... properties) {
        this.properties = String.join(" ", properties);
    }

    static Membership any(RandomGenerator random) {
        return values()[random.nextInt(values().length)];
    }

    /** What a member is told. */
    List<String> properties() {
        return Stream.of(StringUtils.delimitedListToStringArray(properties, " "))
                .map(property -> "spring.kafka.consumer.properties." + property)
                .toList();
    }

    /** What brokers are told, which alone decide how soon members of the newer kind are missed. */
    static Map<String, String> brokers() {
        return Map.of(
                "group.consumer.min.session.timeout.ms", "6000",
                "group.consumer.session.timeout.ms", "6000",
                "group.consumer.min.heartbeat.interval.ms", "1000",
                "group.consumer.heartbeat.interval.ms", "1000");
    }
}
