package io.reliablemessaging.listener;

import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.wire.HostSettings;
import io.reliablemessaging.wire.KafkaConnection;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.utils.Crc32C;
import org.slf4j.Logger;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;

/**
 * Decides what our consumers are told. Of the host's consumer properties only those that are listed here reach them; ours
 * stand in the place of all that bears on the promise.
 */
final class ConsumerConfiguration {

    private static final Logger log = ReadableLogger.of(ConsumerConfiguration.class);

    /** Besides the way to the cluster: who is a member, and how much comes at once. */
    static final HostSettings ALLOWED = new HostSettings(
            Set.of(
                    "client.rack",
                    "default.api.timeout.ms",
                    "group.protocol",
                    "group.instance.id",
                    "group.remote.assignor",
                    "partition.assignment.strategy",
                    "session.timeout.ms",
                    "heartbeat.interval.ms",
                    // handlers do not run between two polls, so it only says how soon a reader that hangs loses its
                    // partitions
                    "max.poll.interval.ms",
                    "fetch.min.bytes",
                    "fetch.max.bytes",
                    "fetch.max.wait.ms",
                    "max.partition.fetch.bytes",
                    "check.crcs"),
            ConsumerConfig.configNames());

    /** What is ours to say, whatever the host says. */
    static final Map<String, Object> OURS = Map.of(
            // an offset is committed when its message's transaction is
            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
            false,
            // a new group, or one whose offsets have expired, begins where nothing can be missed
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
            "earliest",
            // who sends to a topic knows its shape; who listens to it would have the cluster choose one
            ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
            false,
            // what a Kafka transaction of somebody else has aborted never happened
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            "read_committed");

    // Kafka refuses to make a share consumer that is told one of these
    private static final Set<String> NOT_FOR_SHARING = Set.of(
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            ConsumerConfig.GROUP_INSTANCE_ID_CONFIG,
            ConsumerConfig.GROUP_PROTOCOL_CONFIG,
            ConsumerConfig.GROUP_REMOTE_ASSIGNOR_CONFIG,
            ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
            ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG,
            ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG);

    // read by us, not by the consumer: payloads are converted after the inbox, and each listener names its own group
    private static final Set<String> USED_ELSEWHERE = Set.of(
            ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG,
            ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG,
            ConsumerConfig.GROUP_ID_CONFIG);

    private static final Pattern ILLEGAL_IN_INSTANCE_ID = Pattern.compile("[^a-zA-Z0-9._-]");
    private static final int LONGEST_INSTANCE_ID = 249;

    private final Map<String, Object> config;
    private final Set<String> leftOut;

    private ConsumerConfiguration(Map<String, Object> host) {
        config = ALLOWED.allowed(host);
        config.putAll(OURS);
        // Boot fills in some without being asked
        leftOut = ALLOWED.leftOut(host, new KafkaProperties().buildConsumerProperties(), OURS, USED_ELSEWHERE);
    }

    /** Reads the host's settings, and says once which of them our consumers do not get. */
    static ConsumerConfiguration of(KafkaConnection kafka) {
        ConsumerConfiguration configuration = of(kafka.consumer());
        if (!configuration.leftOut.isEmpty()) {
            log.info(
                    "The consumers of @ReliableListener methods do not use these of your consumer properties: {}. They could"
                            + " lose or repeat messages, or have no meaning here; your own consumers are not affected",
                    String.join(", ", configuration.leftOut));
        }
        return configuration;
    }

    static ConsumerConfiguration of(Map<String, Object> host) {
        return new ConsumerConfiguration(host);
    }

    /** Most bytes of a fetch, as the host wants it. */
    long fetchBytes() {
        Object wanted = config.get(ConsumerConfig.FETCH_MAX_BYTES_CONFIG);
        return wanted == null ? ConsumerConfig.DEFAULT_FETCH_MAX_BYTES : Long.parseLong(wanted.toString());
    }

    /** Names of properties that the host has set and that our consumers do not get. */
    Set<String> leftOut() {
        return Set.copyOf(leftOut);
    }

    /**
     * Settings for a listener's member of a consumer group.
     *
     * @param listener id of the listener
     */
    Map<String, Object> member(String listener) {
        Map<String, Object> member = new HashMap<>(config);
        // two members of one group with one instance id would throw each other out for ever
        member.computeIfPresent(
                ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, (name, instance) -> instanceId(instance.toString(), listener));
        member.merge(ConsumerConfig.CLIENT_ID_CONFIG, listener, (host, own) -> host + "-" + own);
        return member;
    }

    /**
     * Settings for one of a listener's members of a share group, which know fewer.
     *
     * @param listener id of the listener
     * @param number of the member, from 1 on, and of nobody else in this instance
     */
    Map<String, Object> sharing(String listener, int number) {
        Map<String, Object> member = new HashMap<>(config);
        NOT_FOR_SHARING.forEach(member::remove);
        member.put(ConsumerConfig.SHARE_ACKNOWLEDGEMENT_MODE_CONFIG, "explicit");
        // what is lent and not begun would be delivered once more for nothing
        member.put(ConsumerConfig.SHARE_ACQUIRE_MODE_CONFIG, "record_limit");
        member.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1);
        member.merge(ConsumerConfig.CLIENT_ID_CONFIG, listener + "-" + number, (host, own) -> host + "-" + own);
        return member;
    }

    /** The same after each start, another one for each listener, and one that Kafka takes. */
    static String instanceId(String instance, String listener) {
        String readable =
                instance + "-" + ILLEGAL_IN_INSTANCE_ID.matcher(listener).replaceAll("_");
        if (readable.endsWith("-" + listener) && readable.length() <= LONGEST_INSTANCE_ID) {
            return readable;
        }
        byte[] whole = listener.getBytes(StandardCharsets.UTF_8);
        String sum = "-%08x".formatted(Crc32C.compute(whole, 0, whole.length));
        int most = LONGEST_INSTANCE_ID - sum.length();
        return readable.substring(0, Math.min(most, readable.length())) + sum;
    }
}
