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
 * Decides what our consumers are told. Of the host's consumer properties only those that are listed here reach them; ours
 * stand in the place of all that bears on the promise.
 */
final class ConsumerConfiguration {

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

    // read by us, not by the consumer: payloads are converted after the inbox, keys are bytes, and the groupId of
    // each listener comes before the host's, as it does for Spring Kafka
    private static final Set<String> USED_ELSEWHERE =
            Set.of(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ConsumerConfig.GROUP_ID_CONFIG);

    /** What holds instead of the host's properties that our consumers do not get. */
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

    /** What our consumers are told, of these settings of the host's and by us. */
    static ConsumerConfiguration of(Map<String, Object> host) {
        Map<String, Object> config = ALLOWED.allowed(host);
        config.putAll(OURS);
        // Boot fills in some without being asked
        Map<String, Object> unset = new KafkaProperties().buildConsumerProperties();
        return new ConsumerConfiguration(config, ALLOWED.leftOut(host, unset, OURS, USED_ELSEWHERE));
    }

    /** The same with another beginning of the consumers' names, if there is one. */
    ConsumerConfiguration withClientId(@Nullable String prefix) {
        if (!StringUtils.hasText(prefix)) {
            return this;
        }
        Map<String, Object> named = new HashMap<>(config);
        named.put(ConsumerConfig.CLIENT_ID_CONFIG, prefix);
        return new ConsumerConfiguration(named, leftOut);
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

    /** Names of properties that the host has set and that members of share groups do not get, though others do. */
    Set<String> notForSharing() {
        Set<String> names = new TreeSet<>(NOT_FOR_SHARING);
        names.retainAll(config.keySet());
        names.removeAll(OURS.keySet());
        return names;
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
        // no more than is asked for: what is lent and not begun is kept from other members
        member.put(ConsumerConfig.SHARE_ACQUIRE_MODE_CONFIG, "record_limit");
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
