package io.reliablemessaging;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SortedSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The state of messaging at one moment. Tables cover all instances; relay, listeners and throughput are those of this one.
 *
 * @param at when it was made, by this instance's clock
 * @param tablesReadAt when the tables were read: now, or up to a minute ago in {@link MessagingOperations#lastSnapshot}; null if
 *     they were never read since this instance started; {@code outbox}, {@code lanes}, {@code setAside} and {@code inbox} are
 *     empty then
 * @param troubles what is wrong, the gravest first
 * @param findings what could lose messages, or hides whether it could, as the last check of {@link DurabilityAudit} found
 * @param relay the relay of this instance; null if it is switched off
 * @param outbox messages that are not sent yet
 * @param lanes the parts of the outbox that are sent in order, each by one instance
 * @param listeners the listeners of this instance
 * @param capacity what these listeners share; null if there are none
 * @param setAside parked messages and dead letters, by group and topic
 * @param inbox messages that are remembered as handled
 * @param throughput what this instance has done in the last minute
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
     * @param running whether it is started
     * @param lanes how many lanes it sends
     * @param refusal why Kafka refuses this application as a producer; null if it does not
     * @param trouble what keeps it from working; null if it works
     * @param heldTopics topics that it holds because they take no records for now
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
     * Messages that are not sent yet.
     *
     * @param messages how many wait, counted up to 1,000 in each lane
     * @param oldest how long the oldest has been waiting
     * @param delayed how many are to be sent later, counted up to 10,000
     * @param quarantined how many are in quarantine, because the broker refused them or an earlier one of their key; counted up to 10,000
     * @param quarantinedKeys how many keys are in quarantine
     */
    public record Outbox(long messages, Duration oldest, long delayed, long quarantined, long quarantinedKeys) {}

    /**
     * A part of the outbox.
     *
     * @param number its number
     * @param messages how many wait in it, counted up to 1,000
     * @param oldest how long the first has been waiting
     * @param owner the instance that sends it; null if none does
     * @param host host of this instance; null if that is not known
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
     * @param topics the topics that it listens to
     * @param state whether it works
     * @param error what has stopped it, or keeps it from reading, unless that is an outage among the troubles; otherwise null
     * @param partitions how many partitions are assigned to it
     * @param lag messages of those partitions that are not handled yet; null if that is not known
     * @param maxAttempts how often it tries a message before the message becomes a dead letter
     * @param waitsFor the outage that its deliveries wait for; null if they do not wait
     * @param uncommittedSpan longest run of offsets in one partition, from the first unfinished message on, that would be read
     *     again after a crash
     * @param bytes memory of messages that were read and are not finished, in bytes
     * @param readingLimit why it reads no more for now; null if it reads
     * @param longestHandler the handler that has run for the longest time; null if none runs
     * @param pause the pause that a person has commanded for all instances; null if there is none
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
            @Nullable RunningHandler longestHandler,
            @Nullable Pause pause) {

        /** Creates a listener that no person has paused. */
        public Listener(
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
            this(
                    id,
                    group,
                    topics,
                    state,
                    error,
                    partitions,
                    lag,
                    maxAttempts,
                    waitsFor,
                    uncommittedSpan,
                    bytes,
                    readingLimit,
                    longestHandler,
                    null);
        }

        /** The state of a listener. */
        public enum State {
            /** It works. */
            RUNNING,
            /** A person has paused it in all instances ({@link Listener#pause}), or the application has paused its container here. */
            PAUSED,
            /** It was stopped, or was never started. */
            STOPPED,
            /** An {@link Error} has stopped it. */
            FAILED
        }

        /**
         * A handler that runs.
         *
         * @param message the message that it handles
         * @param place topic, partition and offset of the message
         * @param duration how long it has run
         */
        public record RunningHandler(MessageId message, String place, Duration duration) {}

        /**
         * The pause of a listener in all instances, until {@link MessagingOperations#resumeListener}.
         *
         * @param since when it was commanded, by the database's clock
         * @param who the person or job that gave the command
         * @param reason why
         */
        public record Pause(Instant since, String who, String reason) {}

        /**
         * An outage that a listener has met.
         *
         * @param what the thing that is away
         * @param since when a call of it first failed
         * @param cause the exception of that call
         */
        public record Outage(String what, Instant since, String cause) {}
    }

    /**
     * The limits that the listeners of this instance share.
     *
     * @param permits how many handlers may run at once; null if nothing limits them
     * @param freePermits how many more may start now; null if nothing limits them
     * @param bytes memory of messages that were read and are not finished, in bytes
     * @param byteLimit how many bytes these may take before reading waits
     */
    public record Capacity(
            @Nullable Integer permits, @Nullable Integer freePermits, long bytes, long byteLimit) {}

    /**
     * Parked messages and dead letters of a topic in a group.
     *
     * @param group the consumer group
     * @param topic the topic
     * @param waiting how many are parked, counted up to 10,000
     * @param dead how many are dead letters, counted up to 10,000
     */
    public record SetAside(String group, String topic, long waiting, long dead) {}

    /**
     * Messages that are remembered as handled, by PostgreSQL's own estimates.
     *
     * @param messages about how many
     * @param bytes space on disk with the index, in bytes
     * @param oldest about when the oldest was received; null if that is not known
     */
    public record Inbox(long messages, long bytes, @Nullable Instant oldest) {}

    /**
     * The work of this instance in the last minute, or since it started if that is shorter.
     *
     * @param period length of this time
     * @param published messages published by transactions that committed
     * @param sent messages that Kafka has acknowledged
     * @param handled messages whose handlers have taken effect
     * @param duplicates deliveries that were dropped as duplicates
     * @param failed attempts that failed
     * @param dead messages that became dead letters
     */
    public record Throughput(
            Duration period, long published, long sent, long handled, long duplicates, long failed, long dead) {}
}
