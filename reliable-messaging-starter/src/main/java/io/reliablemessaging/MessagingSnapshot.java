package io.reliablemessaging;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SortedSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How messaging is at one moment. Tables are those of all instances; relay, listeners and throughput are those of this one.
 *
 * @param at when, by this instance's clock
 * @param tablesReadAt when the tables were read: now, or up to a minute ago in {@link MessagingOperations#lastSnapshot}; null if
 *     they never were since this instance has started, and {@code outbox}, {@code lanes}, {@code setAside} and {@code inbox} say
 *     nothing
 * @param troubles what is wrong, the gravest first
 * @param findings what could lose messages, or hides whether it could, as the last look of {@link DurabilityAudit} has found
 * @param relay the relay of this instance; null if it is switched off
 * @param outbox what has not been sent
 * @param lanes the parts of the outbox that are sent in order, each by one instance
 * @param listeners the listeners of this instance
 * @param capacity what those share; null if there are none
 * @param setAside messages that failed, by group and topic
 * @param inbox what is remembered as handled
 * @param throughput what this instance has done lately
 */
public record MessagingSnapshot(
        Instant at,
        @Nullable Instant tablesReadAt,
        List<Trouble> troubles,
        List<Finding> findings,
        @Nullable Relay relay,
        Outbox outbox,
        List<Lane> lanes,
        List<Listener> listeners,
        @Nullable Capacity capacity,
        List<SetAside> setAside,
        Inbox inbox,
        Throughput throughput) {

    /**
     * The relay of this instance.
     *
     * @param instance name of this instance, as the owner of lanes
     * @param host host that it runs on
     * @param running whether it was started and not stopped
     * @param lanes how many lanes it sends
     * @param refusal why Kafka refuses this application as a producer; null if it does not
     * @param trouble what keeps it from working; null if nothing does
     * @param heldTopics topics that take no records for now
     */
    public record Relay(
            UUID instance,
            String host,
            boolean running,
            int lanes,
            @Nullable String refusal,
            @Nullable String trouble,
            SortedSet<String> heldTopics) {}

    /**
     * What has not been sent.
     *
     * @param messages how many wait, counted up to 1,000 in each lane
     * @param oldest how long the oldest has been waiting
     * @param delayed how many are to be sent later, counted up to 10,000
     * @param quarantined how many wait because the broker refused them, or one before them; counted up to 10,000
     * @param quarantinedKeys how many keys those have
     */
    public record Outbox(long messages, Duration oldest, long delayed, long quarantined, long quarantinedKeys) {}

    /**
     * A part of the outbox.
     *
     * @param number its number
     * @param messages how many wait in it, counted up to 1,000
     * @param oldest how long the first has been waiting
     * @param owner the instance that sends it; null if none does
     * @param host host that this instance runs on; null if that is not known
     */
    public record Lane(
            int number,
            long messages,
            Duration oldest,
            @Nullable UUID owner,
            @Nullable String host) {}

    /**
     * A listener of this instance.
     *
     * @param id its id
     * @param group its consumer group
     * @param topics what it listens to
     * @param state whether it works
     * @param error what has stopped it, or keeps it from reading, other than an outage that is among the troubles; null if nothing
     *     does
     * @param partitions how many partitions it reads
     * @param lag messages of those partitions that are not handled yet; null if that is not known
     * @param maxAttempts how often it tries a message before that becomes a dead letter
     * @param waitsFor what is away, so that deliveries wait; null if nothing is
     * @param uncommittedSpan longest run of offsets in one partition from the first unfinished message on, which are read again
     *     after a crash
     * @param bytes memory of messages that were read and are not finished
     * @param readingLimit what keeps it from reading on; null if nothing does
     * @param longestHandler the handler that has run for the longest time; null if none runs
     */
    public record Listener(
            String id,
            String group,
            List<String> topics,
            State state,
            @Nullable String error,
            int partitions,
            @Nullable Long lag,
            int maxAttempts,
            @Nullable Outage waitsFor,
            int uncommittedSpan,
            long bytes,
            @Nullable String readingLimit,
            @Nullable RunningHandler longestHandler) {

        /** Whether a listener works. */
        public enum State {
            /** It does. */
            RUNNING,
            /** A person, or the application, has paused it. */
            PAUSED,
            /** It was stopped, or never started. */
            STOPPED,
            /** An {@link Error} has stopped it. */
            FAILED
        }

        /**
         * A handler that runs.
         *
         * @param message the message that it handles
         * @param place topic, partition and offset of the message
         * @param duration how long it has run until now
         */
        public record RunningHandler(MessageId message, String place, Duration duration) {}

        /**
         * Something that is away.
         *
         * @param what what it is
         * @param since when it was first missed
         * @param cause what was thrown then
         */
        public record Outage(String what, Instant since, String cause) {}
    }

    /**
     * What the listeners of this instance share.
     *
     * @param permits most handlers at once; null if nothing limits them
     * @param freePermits how many more may begin now; null if nothing limits them
     * @param bytes memory of messages that were read and are not finished
     * @param byteLimit most that these may take before reading waits
     */
    public record Capacity(
            @Nullable Integer permits, @Nullable Integer freePermits, long bytes, long byteLimit) {}

    /**
     * Messages of a topic that a group has failed at.
     *
     * @param group the consumer group
     * @param topic the topic
     * @param waiting how many wait for another attempt, or behind such a one; counted up to 10,000
     * @param dead how many are dead letters, counted up to 10,000
     */
    public record SetAside(String group, String topic, long waiting, long dead) {}

    /**
     * What is remembered as handled, by PostgreSQL's own estimates.
     *
     * @param messages how many, about
     * @param bytes space on disk, with the index
     * @param oldest when the oldest was received, about; null if that is not known
     */
    public record Inbox(long messages, long bytes, @Nullable Instant oldest) {}

    /**
     * What this instance has done in the last minute, or since it started.
     *
     * @param period how long that is
     * @param published messages published by transactions that committed
     * @param sent messages that Kafka has acknowledged
     * @param handled messages whose handlers have taken effect
     * @param duplicates deliveries that were dropped
     * @param failed attempts that failed
     * @param dead messages that became dead letters
     */
    public record Throughput(
            Duration period, long published, long sent, long handled, long duplicates, long failed, long dead) {}
}
