package io.reliablemessaging.consumer;

import io.reliablemessaging.delivery.LiveMessage;
import io.reliablemessaging.inbox.InboxHorizon;
import io.reliablemessaging.inbox.ListenedPartition;
import io.reliablemessaging.inbox.PartitionHistory.Begun;
import io.reliablemessaging.inbox.PartitionHistory.Noted;
import io.reliablemessaging.inbox.PartitionProgress;
import io.reliablemessaging.inbox.PartitionStart;
import io.reliablemessaging.lines.LineRule;
import io.reliablemessaging.lines.MemoryBudget;
import io.reliablemessaging.lines.OffsetSpan.Committable;
import io.reliablemessaging.lines.PartitionLines;
import io.reliablemessaging.lines.PartitionLines.Start;
import io.reliablemessaging.lines.TopicIncarnation;
import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.retry.FailureJudge;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.wire.ReceivedMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Owns the partitions that one consumer was assigned: prepares them, adds their records to lines, notes their progress, and
 * releases them. For the consumer's thread, except where a method says so.
 */
final class OwnedPartitions {

    private static final Logger log = ReadableLogger.of(OwnedPartitions.class);
    private static final long BETWEEN_TRIES = Duration.ofSeconds(1).toNanos();
    private static final long BETWEEN_NOTES = Duration.ofMinutes(1).toNanos();
    private static final Duration END_OFFSETS_LIMIT = Duration.ofSeconds(5);

    private final ConsumerServices services;
    private final Dispatcher dispatcher;
    private final MemoryBudget.Account memory;
    private final LineRule rule;
    private final Map<TopicPartition, PartitionLines> owned = new ConcurrentHashMap<>();
    private final Set<TopicPartition> unprepared = ConcurrentHashMap.newKeySet();
    private final Set<TopicPartition> fromStart = new HashSet<>();
    private final Map<TopicPartition, InboxHorizon> horizons = new HashMap<>();
    private final FailureLog unknownToKafka;
    private final FailureLog unknownToDatabase;
    private UUID consumerId = UUID.randomUUID();
    private @Nullable Instant checkpoint;
    private long nextTry = System.nanoTime();
    private long nextProgress = System.nanoTime();
    private long nextCheckpoint = System.nanoTime();

    OwnedPartitions(ConsumerServices services, Dispatcher dispatcher, MemoryBudget.Account memory) {
        this.services = services;
        this.dispatcher = dispatcher;
        this.memory = memory;
        this.rule = LineRule.of(services.settings(), services.pool().permits());
        this.unknownToKafka = new FailureLog(
                log,
                Level.INFO,
                services.infrastructure(),
                "Listener %s cannot read the offsets and topic ids of its partitions from Kafka; it retries every second"
                        .formatted(id()),
                "Listener %s has read the offsets and topic ids of its partitions".formatted(id()));
        this.unknownToDatabase = new FailureLog(
                log,
                Level.WARN,
                services.infrastructure(),
                "Listener %s cannot read the state of its partitions from the database; it retries every second"
                        .formatted(id()),
                "Listener %s has read the state of its partitions from the database".formatted(id()));
    }

    /** Returns all partitions, prepared or not. For any thread. */
    Set<TopicPartition> names() {
        Set<TopicPartition> names = new HashSet<>(owned.keySet());
        names.addAll(unprepared);
        return names;
    }

    /** Returns the lines of the prepared partitions. For any thread. */
    Collection<PartitionLines> lines() {
        return owned.values();
    }

    /** Returns the partitions that are not prepared yet; none of their records may be read. */
    Set<TopicPartition> unprepared() {
        return unprepared;
    }

    /** Adds assigned partitions. None of their records is read before {@link #prepare} has succeeded. */
    void assign(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        services.deliveries().forgetParkedKeys();
        unprepared.addAll(partitions);
        consumer.pause(partitions);
        nextTry = System.nanoTime();
        prepare(consumer);
    }

    /**
     * Reads the topic ids, offsets and history of new partitions from Kafka and the database, and opens their lines. If one
     * of them does not answer, a later call retries, at most once a second. While the listener is paused in all instances, no
     * partition is prepared.
     */
    void prepare(Consumer<?, ?> consumer) {
        if (unprepared.isEmpty()
                || System.nanoTime() - nextTry < 0
                || !services.mayHandle()
                || services.outages().database().isOn()) {
            return;
        }
        nextTry = System.nanoTime() + BETWEEN_TRIES;
        try {
            Map<TopicPartition, Uuid> topics = readTopicIds(Set.copyOf(unprepared));
            Map<TopicPartition, Long> positions = seek(consumer, topics);
            begin(consumer, topics, positions);
            unknownToKafka.worked();
            unknownToDatabase.worked();
        } catch (KafkaException e) {
            unknownToKafka.failed(e);
        } catch (DataAccessException | TransactionException e) {
            if (FailureJudge.suspectsDatabase(e)) {
                services.outages().database().begin(e);
            }
            unknownToDatabase.failed(e);
        }
    }

    private Map<TopicPartition, Uuid> readTopicIds(Collection<TopicPartition> partitions) {
        Set<String> names = partitions.stream().map(TopicPartition::topic).collect(Collectors.toSet());
        Set<String> unused = services.topicIds().refresh(names);
        Map<TopicPartition, Uuid> topics = new HashMap<>();
        partitions.forEach(
                partition -> topics.put(partition, services.topicIds().resolve(partition.topic())));
        return topics;
    }

    // the committed offset may belong to a former topic of this name
    private Map<TopicPartition, Long> seek(Consumer<?, ?> consumer, Map<TopicPartition, Uuid> topics) {
        Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(topics.keySet());
        Map<TopicPartition, Long> positions = new HashMap<>();
        topics.forEach((partition, id) -> {
            TopicIncarnation topic = new TopicIncarnation(id);
            if (fromStart.contains(partition) || topic.isOfAnother(committed.get(partition))) {
                log.warn(
                        "Listener {} reads {} from its start: the topic was deleted and created again since the offset was"
                                + " committed",
                        id(),
                        partition);
                consumer.seekToBeginning(List.of(partition));
            } else {
                topic.resumeAt(committed.get(partition)).ifPresent(place -> consumer.seek(partition, place));
            }
            positions.put(partition, consumer.position(partition));
        });
        return positions;
    }

    private void begin(Consumer<?, ?> consumer, Map<TopicPartition, Uuid> topics, Map<TopicPartition, Long> positions) {
        Map<ListenedPartition, Long> listened = new HashMap<>();
        topics.forEach((partition, topic) -> listened.put(listened(partition, topic), positions.get(partition)));
        Begun begun = services.deliveries().crashes().begin(consumerId, listened);
        checkpoint = begun.at();
        topics.forEach((partition, topic) -> {
            PartitionStart start = begun.partitions().get(listened(partition, topic));
            if (start != null) {
                open(consumer, partition, topic, start);
            }
        });
    }

    private void open(Consumer<?, ?> consumer, TopicPartition partition, Uuid topic, PartitionStart known) {
        long position = consumer.position(partition);
        long first = position;
        while (known.skipped().contains(first)) {
            first++;
        }
        if (first != position) {
            log.warn(
                    "Listener {} skips offsets {} to {} of {}, as a person has commanded",
                    id(),
                    position,
                    first - 1,
                    partition);
            consumer.seek(partition, first);
        }
        horizons.put(partition, known.horizon());
        Start start = new Start(
                topic,
                services.deliveries().crashes().findCarefulBefore(partition, first, known.deaths()),
                known.horizon().forgottenUntil(),
                Set.copyOf(known.skipped()));
        owned.put(partition, new PartitionLines(partition, first, start, rule, memory));
        unprepared.remove(partition);
        fromStart.remove(partition);
        if (services.mayRead()) {
            consumer.resume(List.of(partition));
        }
    }

    private PartitionLines lines(TopicPartition partition) {
        PartitionLines lines = owned.get(partition);
        if (lines == null) {
            throw new IllegalStateException("Partition " + partition + " is not assigned to this consumer");
        }
        return lines;
    }

    void add(ConsumerRecords<byte[], byte[]> records) {
        for (TopicPartition partition : records.partitions()) {
            PartitionLines lines = owned.get(partition);
            if (lines != null) {
                List<ConsumerRecord<byte[], byte[]>> read = records.records(partition);
                dispatcher.run(lines.add(read, dropDuplicates(lines, read)));
            }
        }
    }

    // duplicates come together: the offset was set back, or could not be committed
    private Set<Long> dropDuplicates(PartitionLines lines, List<ConsumerRecord<byte[], byte[]>> read) {
        if (!lines.mayBeReadAgain() || services.outages().database().isOn()) {
            return Set.of();
        }
        try {
            Set<Long> duplicates = services.deliveries()
                    .live()
                    .dropDuplicates(read.stream()
                            .map(record -> toLiveMessage(record, lines.start()))
                            .toList());
            if (duplicates.isEmpty()) {
                lines.noteNew();
            }
            return duplicates;
        } catch (DataAccessException e) {
            log.debug(
                    "Listener {} could not ask for duplicates of {} together; it asks for each record",
                    id(),
                    lines.partition(),
                    e);
            return Set.of();
        }
    }

    private LiveMessage toLiveMessage(ConsumerRecord<byte[], byte[]> record, Start start) {
        ReceivedMessage message =
                services.identity().message(services.settings().group(), record, start.topicId());
        return new LiveMessage(message, record.offset() < start.forgottenBefore(), false, 0, Duration.ZERO);
    }

    /**
     * Releases topics that were deleted and created again, and has them prepared anew. Records that were read and not
     * started are dropped: they may be of the new topic, which is read from its start, or were deleted with the old one.
     */
    void leaveFormerTopics(Consumer<?, ?> consumer) {
        for (PartitionLines lines : List.copyOf(owned.values())) {
            TopicPartition partition = lines.partition();
            boolean isOver = services.topicIds()
                    .known(partition.topic())
                    .filter(now -> !now.equals(lines.start().topicId()))
                    .isPresent();
            if (isOver) {
                remove(List.of(partition));
                unprepared.add(partition);
                fromStart.add(partition);
                consumer.pause(List.of(partition));
            }
        }
    }

    /** Returns the offsets of these partitions to commit. */
    Map<TopicPartition, OffsetAndMetadata> toCommit(Collection<TopicPartition> partitions) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (TopicPartition partition : partitions) {
            PartitionLines lines = owned.get(partition);
            Committable offset = lines == null ? null : lines.toCommit();
            if (lines != null && offset != null) {
                offsets.put(partition, new TopicIncarnation(lines.start().topicId()).toCommit(offset));
            }
        }
        return offsets;
    }

    void noteCommitted(Map<TopicPartition, OffsetAndMetadata> offsets) {
        offsets.forEach((partition, offset) -> {
            PartitionLines lines = owned.get(partition);
            if (lines != null) {
                lines.noteCommitted(offset.offset());
            }
        });
    }

    /**
     * Writes the progress of the partitions to the database, if that is due.
     *
     * @return false if this process was stopped for so long that its horizons are outdated
     */
    boolean noteProgress(Consumer<?, ?> consumer, Instant now) {
        if (horizons.values().stream().anyMatch(horizon -> horizon.isOutdated(now))) {
            return false;
        }
        boolean isDue = !owned.isEmpty() && System.nanoTime() - nextProgress >= 0;
        if (!isDue || services.outages().database().isOn()) {
            return true;
        }
        Duration step = services.deliveries().crashes().checkpointStep();
        nextProgress = System.nanoTime() + Math.min(BETWEEN_NOTES, step.toNanos());
        try {
            noteProgress(consumer);
        } catch (KafkaException | DataAccessException | TransactionException e) {
            log.debug("Listener {} could not write its progress; it retries at the next interval", id(), e);
        }
        return true;
    }

    private void noteProgress(Consumer<?, ?> consumer) {
        Map<TopicPartition, Start> prepared = prepared(owned.keySet());
        if (prepared.isEmpty()) {
            return;
        }
        Map<TopicPartition, Long> ends = readEndsIfDue(consumer, prepared.keySet());
        Map<ListenedPartition, PartitionProgress> progress = new HashMap<>();
        prepared.forEach((partition, start) -> progress.put(
                listened(partition, start.topicId()),
                new PartitionProgress(lines(partition).finishedBefore(), ends.get(partition))));
        Noted noted = services.deliveries().crashes().noteProgress(consumerId, progress, checkpoint);
        checkpoint = noted.at();
        Map<ListenedPartition, Long> unknown = new HashMap<>();
        prepared.forEach((partition, start) -> {
            ListenedPartition listened = listened(partition, start.topicId());
            InboxHorizon horizon = noted.horizons().get(listened);
            if (horizon == null) {
                unknown.put(listened, lines(partition).finishedBefore());
            } else {
                horizons.put(partition, horizon);
            }
        });
        if (!unknown.isEmpty()) {
            // a consumer that had lost these partitions began after us; our next note counts again
            checkpoint =
                    services.deliveries().crashes().begin(consumerId, unknown).at();
        }
    }

    private Map<TopicPartition, Long> readEndsIfDue(Consumer<?, ?> consumer, Set<TopicPartition> partitions) {
        if (System.nanoTime() - nextCheckpoint < 0) {
            return Map.of();
        }
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, END_OFFSETS_LIMIT);
        nextCheckpoint = System.nanoTime()
                + services.deliveries().crashes().checkpointStep().toNanos();
        return ends;
    }

    private Map<TopicPartition, Start> prepared(Collection<TopicPartition> partitions) {
        Map<TopicPartition, Start> prepared = new HashMap<>();
        for (TopicPartition partition : partitions) {
            PartitionLines lines = owned.get(partition);
            if (lines != null) {
                prepared.put(partition, lines.start());
            }
        }
        return prepared;
    }

    /** Writes to the database that these partitions were handed over in an orderly way, without a crash. */
    void noteHandedOver(Collection<TopicPartition> partitions) {
        Map<ListenedPartition, Long> done = new HashMap<>();
        prepared(partitions)
                .forEach((partition, start) -> done.put(
                        listened(partition, start.topicId()), lines(partition).finishedBefore()));
        if (done.isEmpty() || services.outages().database().isOn()) {
            return;
        }
        services.deliveries().crashes().noteHandedOver(consumerId, done);
    }

    /** Drops the records of these partitions that wait. Running handlers go on. */
    void close(Collection<TopicPartition> partitions) {
        partitions.forEach(partition -> {
            PartitionLines lines = owned.get(partition);
            if (lines != null) {
                lines.close();
            }
        });
    }

    /**
     * Closes the partitions of a paused listener in which no handler runs. The records that wait are dropped, so that they take
     * no memory from other listeners.
     *
     * @return those that were closed, and the first offset of each that is not finished
     */
    Map<TopicPartition, Long> closeIdle() {
        return owned.values().stream()
                .filter(PartitionLines::closeIfIdle)
                .collect(Collectors.toMap(PartitionLines::partition, PartitionLines::finishedBefore));
    }

    /**
     * Keeps partitions that were closed: they are prepared anew when the listener goes on. The consumer reads them again from
     * these offsets, also where none was committed yet.
     */
    void keepUnprepared(Consumer<?, ?> consumer, Map<TopicPartition, Long> offsets) {
        services.deliveries().forgetParkedKeys();
        Set<TopicPartition> assigned = consumer.assignment();
        offsets.forEach((partition, offset) -> {
            if (assigned.contains(partition)) {
                unprepared.add(partition);
                consumer.pause(List.of(partition));
                consumer.seek(partition, offset);
            }
        });
    }

    void remove(Collection<TopicPartition> partitions) {
        close(partitions);
        for (TopicPartition partition : List.copyOf(partitions)) {
            owned.remove(partition);
            unprepared.remove(partition);
            fromStart.remove(partition);
            horizons.remove(partition);
        }
    }

    /** Releases all partitions, because the consumer is closed. The next consumer has another id. */
    void clear() {
        remove(names());
        consumerId = UUID.randomUUID();
        checkpoint = null;
    }

    private static ListenedPartition listened(TopicPartition partition, Uuid topic) {
        return new ListenedPartition(
                partition.topic(),
                new UUID(topic.getMostSignificantBits(), topic.getLeastSignificantBits()),
                partition.partition());
    }

    private String id() {
        return services.settings().id();
    }
}
