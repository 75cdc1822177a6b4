package io.reliablemessaging.listener;

import static java.util.Map.entry;

import io.reliablemessaging.wire.HostSettings;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.utils.Crc32C;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.util.StringUtils;

/**
 * Decides the configuration of our consumers. Only the host's consumer properties that are listed here reach them; ours
 * replace all that the promise depends on.
 */
final class ConsumerConfiguration {

    /** The host's properties that our consumers get, besides those of the connection: of membership and of fetch sizes. */
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
                    // handlers do not run between two polls, so it only decides how soon a
                    // reader that hangs loses its partitions
                    "max.poll.interval.ms",
                    "fetch.min.bytes",
                    "fetch.max.bytes",
                    "fetch.max.wait.ms",
                    "max.partition.fetch.bytes",
                    "check.crcs"),
            ConsumerConfig.configNames());

    /** Properties that we set, whatever the host sets. */
    static final Map<String, Object> OURS = Map.of(
            // an offset is committed after its message's transaction
            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
            false,
            // a new group, or one whose offsets have expired, begins at the start, so that it misses nothing
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
            "earliest",
            // the sender knows how many partitions its topic needs; a listener would have the cluster choose
            ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
            false,
            // records of an aborted Kafka transaction must not be read
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            "read_committed");

    // Kafka refuses to create a share consumer with one of these
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

    // used by us, not by the consumer: payloads are converted after the inbox, keys are bytes, and the groupId of each
    // listener comes before the host's, as in Spring Kafka
    private static final Set<String> USED_ELSEWHERE =
            Set.of(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ConsumerConfig.GROUP_ID_CONFIG);

    /** Texts that say what applies instead of the host's properties that our consumers do not get. */
    static final Map<String, String> INSTEAD = Map.ofEntries(
            entry("allow.auto.create.topics", "a listener waits for its topic"),
            entry("auto.commit.interval.ms", "offsets are committed after the transactions of their messages"),
            entry("auto.offset.reset", "a new group begins with the first message"),
            entry("enable.auto.commit", "offsets are committed after the transactions of their messages"),
            entry("exclude.internal.topics", "topics are read by name"),
            entry("interceptor.classes", "nothing changes or drops records; a MessagingObserver is told of messages"),
            entry("internal.throw.on.fetch.stable.offset.unsupported", "Kafka's own default"),
            entry("isolation.level", "read_committed"),
            entry("key.deserializer", "a key is bytes, which IncomingMessage.key() shows as text"),
            entry("max.poll.records", "reliable-messaging.listener.memory bounds what is read"),
            entry("share.acknowledgement.mode", "explicit, after the transaction"),
            entry("share.acquire.mode", "record_limit"));

    private static final Pattern ILLEGAL_IN_INSTANCE_ID = Pattern.compile("[^a-zA-Z0-9._-]");
    private static final int LONGEST_INSTANCE_ID = 249;

    private final Map<String, Object> config;
    private final Set<String> leftOut;

    private ConsumerConfiguration(Map<String, Object> config, Set<String> leftOut) {
        this.config = config;
        this.leftOut = leftOut;
    }

    /** Creates the configuration from the host's properties and ours. */
    static ConsumerConfiguration of(Map<String, Object> host) {
        Map<String, Object> config = ALLOWED.allowed(host);
        config.putAll(OURS);
        // Boot sets some by default
        Map<String, Object> unset = new KafkaProperties().buildConsumerProperties();
        return new ConsumerConfiguration(config, ALLOWED.leftOut(host, unset, OURS, USED_ELSEWHERE));
    }

    /** Returns this configuration with another prefix of client ids, if there is one. */
    ConsumerConfiguration withClientId(@Nullable String prefix) {
        if (!StringUtils.hasText(prefix)) {
            return this;
        }
        Map<String, Object> named = new HashMap<>(config);
        named.put(ConsumerConfig.CLIENT_ID_CONFIG, prefix);
        return new ConsumerConfiguration(named, leftOut);
    }

    /** Returns the most bytes of a fetch that the host configures. */
    long fetchBytes() {
        Object wanted = config.get(ConsumerConfig.FETCH_MAX_BYTES_CONFIG);
        return wanted == null ? ConsumerConfig.DEFAULT_FETCH_MAX_BYTES : Long.parseLong(wanted.toString());
    }

    /** Returns the names of properties that the host has set and that our consumers do not get. */
    Set<String> leftOut() {
        return Set.copyOf(leftOut);
    }

    /**
     * Returns the names of properties that the host has set and that only members of consumer groups get, not those of share
     * groups.
     */
    Set<String> notForSharing() {
        Set<String> names = new TreeSet<>(NOT_FOR_SHARING);
        names.retainAll(config.keySet());
        names.removeAll(OURS.keySet());
        return names;
    }

    /**
     * Returns the settings of a listener's member of a consumer group.
     *
     * @param listener id of the listener
     */
    Map<String, Object> member(String listener) {
        Map<String, Object> member = new HashMap<>(config);
        // two members of one group with one instance id would fence each other for ever
        member.computeIfPresent(
                ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, (name, instance) -> instanceId(instance.toString(), listener));
        member.merge(ConsumerConfig.CLIENT_ID_CONFIG, listener, (host, own) -> host + "-" + own);
        return member;
    }

    /**
     * Returns the settings of one of a listener's members of a share group, which support fewer.
     *
     * @param listener id of the listener
     * @param number of the member, from 1 on, unique in this instance
     */
    Map<String, Object> sharing(String listener, int number) {
        Map<String, Object> member = new HashMap<>(config);
        NOT_FOR_SHARING.forEach(member::remove);
        member.put(ConsumerConfig.SHARE_ACKNOWLEDGEMENT_MODE_CONFIG, "explicit");
        // no more than asked for: other members cannot get what waits here
        member.put(ConsumerConfig.SHARE_ACQUIRE_MODE_CONFIG, "record_limit");
        member.merge(ConsumerConfig.CLIENT_ID_CONFIG, listener + "-" + number, (host, own) -> host + "-" + own);
        return member;
    }

    /** Returns an instance id that is the same after each start, unique for each listener, and legal for Kafka. */
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
