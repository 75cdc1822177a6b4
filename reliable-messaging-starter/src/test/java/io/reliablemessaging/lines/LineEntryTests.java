package io.reliablemessaging.lines;

import static io.reliablemessaging.lines.Records.PARTITION;
import static io.reliablemessaging.lines.Records.record;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** What is remembered of a record until it is finished. */
class LineEntryTests {

    private final LineEntry entry = entry(record(5, "a"), true);

    @Test
    void aSuspectIsNoneAnyMoreOnceItWasDelivered() {
        assertThat(entry.isSuspect()).isTrue();
        entry.countOutageFailure();
        assertThat(entry.isSuspect()).as("an outage says nothing about it").isTrue();
        entry.markSurvived();
        assertThat(entry.isSuspect()).isFalse();
        assertThat(entry(record(6, "a"), false).isSuspect()).isFalse();
    }

    @Test
    void recordsWithoutKeyHaveNoKeyInCommon() {
        LineEntry other = entry(keyless(7), false);
        assertThat(entry.hasKeyOf(entry(record(6, "a"), false))).isTrue();
        assertThat(entry.hasKeyOf(entry(record(6, "b"), false))).isFalse();
        assertThat(entry.hasKeyOf(other)).isFalse();
        assertThat(other.hasKeyOf(entry)).isFalse();
        assertThat(other.hasKeyOf(entry(keyless(8), false))).isFalse();
    }

    @Test
    void theTimeOfAnOutageCountsFromItsFirstFailureOn() {
        assertThat(entry.outageFailures()).isZero();
        assertThat(entry.outageDuration()).isZero();
        entry.countOutageFailure();
        Duration before = entry.outageDuration();
        while (before.compareTo(Duration.ofMillis(2)) < 0) {
            before = entry.outageDuration();
        }
        entry.countOutageFailure();
        assertThat(entry.outageFailures()).isEqualTo(2);
        assertThat(entry.outageDuration()).isGreaterThanOrEqualTo(before);
    }

    @Test
    void itsMemoryIsThatOfKeyValueAndHeaders() {
        long empty = LineEntry.bytes(keyless(1));
        ConsumerRecord<byte[], byte[]> full = new ConsumerRecord<>(
                PARTITION.topic(), PARTITION.partition(), 1, "key".getBytes(UTF_8), new byte[1000]);
        assertThat(LineEntry.bytes(full)).isEqualTo(empty + 1003);
        full.headers().add("name", new byte[50]).add("none", null);
        assertThat(LineEntry.bytes(full)).isGreaterThanOrEqualTo(empty + 1003 + 50 + 2L * "name".length());
        assertThat(LineEntry.bytes(keyless(1))).isPositive();
    }

    private static ConsumerRecord<byte[], byte[]> keyless(long offset) {
        return new ConsumerRecord<>(PARTITION.topic(), PARTITION.partition(), offset, null, null);
    }

    private static LineEntry entry(ConsumerRecord<byte[], byte[]> record, boolean suspect) {
        return new LineEntry(record, OffsetSpan.UNTRACKED, suspect);
    }
}
