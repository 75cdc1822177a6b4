package io.reliablemessaging.lines;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Records for tests without a broker. */
public final class Records {

    public static final TopicPartition PARTITION = new TopicPartition("orders", 0);

    private Records() {}

    public static ConsumerRecord<byte[], byte[]> record(long offset, String key) {
        return new ConsumerRecord<>(
                PARTITION.topic(), PARTITION.partition(), offset, key.getBytes(UTF_8), ("v" + offset).getBytes(UTF_8));
    }

    /** One record for each key, from an offset on. */
    public static List<ConsumerRecord<byte[], byte[]>> records(long from, String... keys) {
        long[] next = {from};
        return Stream.of(keys).map(key -> record(next[0]++, key)).toList();
    }
}
