package io.reliablemessaging.broker;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.topics.KnownTopics;
import io.reliablemessaging.wire.HostSettings;
import io.reliablemessaging.wire.KafkaConnection;
import io.reliablemessaging.wire.WireHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Searches for one message on Kafka. As long as a topic keeps its records, it shows whether a message was sent, so no row has to be
 * stored for each message that is sent. Reads the topics that this application knows, from the time
 * in the message's id on. For a person, who can wait: takes up to ten seconds.
 */
public final class RecordSearch {

    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final Duration POLL = Duration.ofMillis(200);
    // the clock that made the id and the clock that made the record's timestamp may differ by this
    private static final Duration CLOCKS_APART = Duration.ofMinutes(1);
    private static final int TIME_ORDERED = 7;
    private static final HostSettings ALLOWED = new HostSettings(Set.of("client.rack"), ConsumerConfig.configNames());

    private final KnownTopics topics;
    private final Map<String, Object> config;

    /**
     * The result of a search.
     *
     * @param record the first record with the message's id; null if none was found
     * @param topics topics that were read
     * @param records how many records were read
     * @param whole whether all records were read that existed when the search began
     * @param problem why some topics could not be searched; null if only the time was too short
     */
    public record Result(
            @Nullable Place record,
            Set<String> topics,
            long records,
            boolean whole,
            @Nullable String problem) {

        private static Result failed(String problem) {
            return new Result(null, Set.of(), 0, false, problem);
        }
    }

    /**
     * The place of a record.
     *
     * @param topic its topic
     * @param partition its partition
     * @param offset its offset
     * @param timestamp its timestamp
     */
    public record Place(String topic, int partition, long offset, Instant timestamp) {

        private static Place of(ConsumerRecord<?, ?> record) {
            return new Place(
                    record.topic(), record.partition(), record.offset(), Instant.ofEpochMilli(record.timestamp()));
        }
    }

    RecordSearch(KnownTopics topics, KafkaConnection kafka) {
        this.topics = topics;
        this.config = ALLOWED.allowed(kafka.consumer());
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        config.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 5_000);
        config.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) LIMIT.toMillis());
        config.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) LIMIT.toMillis());
    }

    /** Searches for the message. Only one search runs at a time, since each reads as fast as it can. */
    public synchronized Result search(MessageId id) {
        UUID value = id.value();
        if (value.version() != TIME_ORDERED) {
            return Result.failed("its id carries no time to search from");
        }
        Instant from =
                Instant.ofEpochMilli(value.getMostSignificantBits() >>> 16).minus(CLOCKS_APART);
        try (Visit visit = Visit.open(config)) {
            return visit.search(id.toString(), from, wanted());
        } catch (KafkaException e) {
            return Result.failed(e.toString());
        }
    }

    /**
     * Reads one record, for a person; takes up to ten seconds.
     *
     * @return empty if there is no record at this place: it is not written yet, or was deleted
     * @throws KafkaException if Kafka does not answer
     */
    public synchronized Optional<ConsumerRecord<byte[], byte[]>> read(String topic, int partition, long offset) {
        try (Visit visit = Visit.open(config)) {
            return visit.read(new TopicPartition(topic, partition), offset);
        }
    }

    private Set<String> wanted() {
        Set<String> wanted = topics.all();
        wanted.removeAll(topics.deadLetters().keySet());
        return wanted;
    }

    private static final class Visit implements AutoCloseable {

        private final KafkaConsumer<byte[], byte[]> consumer;
        private final long deadline = System.nanoTime() + LIMIT.multipliedBy(2).toNanos();
        private final Set<String> visible = new TreeSet<>();
        private long records;

        private Visit(KafkaConsumer<byte[], byte[]> consumer) {
            this.consumer = consumer;
        }

        static Visit open(Map<String, Object> config) {
            return new Visit(new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer()));
        }

        Result search(String id, Instant from, Set<String> wanted) {
            Map<TopicPartition, Long> starts = readStarts(from, wanted);
            Map<TopicPartition, Long> ends = consumer.endOffsets(starts.keySet());
            consumer.assign(starts.keySet());
            starts.forEach(consumer::seek);
            Place found = read(id, ends);
            return new Result(found, visible, records, found != null || isAtTheEnd(ends), problem(found, wanted));
        }

        Optional<ConsumerRecord<byte[], byte[]>> read(TopicPartition partition, long offset) {
            Map<TopicPartition, Long> end = consumer.endOffsets(List.of(partition));
            Map<TopicPartition, Long> start = consumer.beginningOffsets(List.of(partition));
            if (offset < Objects.requireNonNull(start.get(partition))
                    || offset >= Objects.requireNonNull(end.get(partition))) {
                return Optional.empty();
            }
            consumer.assign(List.of(partition));
            consumer.seek(partition, offset);
            while (consumer.position(partition) <= offset && deadline - System.nanoTime() > 0) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    return record.offset() == offset ? Optional.of(record) : Optional.empty();
                }
            }
            if (consumer.position(partition) <= offset) {
                throw new TimeoutException("Kafka has not sent %s@%d in time".formatted(partition, offset));
            }
            return Optional.empty();
        }

        // a topic that is not visible to us looks like one that does not exist
        private @Nullable String problem(@Nullable Place found, Set<String> wanted) {
            Set<String> unseen = new TreeSet<>(wanted);
            unseen.removeAll(visible);
            return found != null || unseen.isEmpty()
                    ? null
                    : "topics %s do not exist, or this application may not see them".formatted(unseen);
        }

        // partitions without a record since then are left out
        private Map<TopicPartition, Long> readStarts(Instant from, Set<String> wanted) {
            Map<String, List<PartitionInfo>> all = consumer.listTopics();
            wanted.stream().filter(all::containsKey).forEach(visible::add);
            Map<TopicPartition, Long> times = new HashMap<>();
            wanted.forEach(topic -> all.getOrDefault(topic, List.of())
                    .forEach(each -> times.put(new TopicPartition(topic, each.partition()), from.toEpochMilli())));
            Map<TopicPartition, Long> starts = new HashMap<>();
            consumer.offsetsForTimes(times).forEach((partition, first) -> {
                if (first != null) {
                    starts.put(partition, first.offset());
                }
            });
            return starts;
        }

        private @Nullable Place read(String id, Map<TopicPartition, Long> ends) {
            Set<TopicPartition> left = new HashSet<>(ends.keySet());
            while (!isAtTheEnd(ends) && deadline - System.nanoTime() > 0) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    records++;
                    if (id.equals(WireHeaders.text(record.headers(), WireHeaders.MESSAGE_ID))) {
                        return Place.of(record);
                    }
                }
                if (left.removeIf(partition -> isAtTheEnd(partition, ends))) {
                    consumer.pause(ends.keySet().stream()
                            .filter(partition -> !left.contains(partition))
                            .toList());
                }
            }
            return null;
        }

        private boolean isAtTheEnd(Map<TopicPartition, Long> ends) {
            return ends.keySet().stream().allMatch(partition -> isAtTheEnd(partition, ends));
        }

        private boolean isAtTheEnd(TopicPartition partition, Map<TopicPartition, Long> ends) {
            return consumer.position(partition) >= Objects.requireNonNull(ends.get(partition));
        }

        @Override
        public void close() {
            consumer.close(org.apache.kafka.clients.consumer.CloseOptions.timeout(Duration.ZERO));
        }
    }
}
