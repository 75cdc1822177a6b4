package io.reliablemessaging.quarantine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.wire.WireMessage;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Of each topic one message at a time, and never more than there is room for. */
class ReleasePlanTests {

    @Test
    void ofEachTopicTheNextFollowsTheOneBefore() {
        OutboxRecord a1 = row(1, "t", "a");
        OutboxRecord other = row(2, "u", "a");
        OutboxRecord b1 = row(3, "t", "b");
        OutboxRecord none = row(4, "t", null);
        ReleasePlan plan = plan(a1, other, b1, none);
        assertThat(plan.beginChunk(List.of(a1, other, b1, none))).containsExactly(a1, other);
        assertThat(plan.takeNextAfter(other)).isNull();
        assertThat(plan.takeNextAfter(a1)).isEqualTo(b1);
        assertThat(plan.takeNextAfter(b1)).isEqualTo(none);
        assertThat(plan.takeNextAfter(none)).isNull();
    }

    @Test
    void ofAKeyWithOneThatCannotBeSentNothingMoreIsSentNorLoaded() {
        OutboxRecord a1 = row(1, "t", "a");
        OutboxRecord a2 = row(2, "t", "a");
        OutboxRecord b1 = row(3, "t", "b");
        OutboxRecord a3 = row(4, "t", "a");
        OutboxRecord other = row(5, "u", "a");
        ReleasePlan plan = plan(a1, a2, b1, a3, other);
        assertThat(ids(plan.takeChunk(3, 1000))).containsExactly(1L, 2L, 3L);
        assertThat(plan.beginChunk(List.of(a1, a2, b1))).containsExactly(a1);
        plan.dropKeyOf(a1);
        assertThat(plan.takeNextAfter(a1)).isEqualTo(b1);
        assertThat(ids(plan.takeChunk(3, 1000)))
                .as("the same key of another topic")
                .containsExactly(5L);
    }

    @Test
    void oneLoadIsBoundedByRowsAndByBytesAndHasOneAtLeast() {
        ReleasePlan plan = new ReleasePlan(List.of(
                released(1, 4), released(2, 4), released(3, 40), released(4, 5), released(5, 5), released(6, 1)));
        assertThat(ids(plan.takeChunk(10, 10))).containsExactly(1L, 2L);
        assertThat(ids(plan.takeChunk(10, 10))).containsExactly(3L);
        assertThat(ids(plan.takeChunk(1, 10))).containsExactly(4L);
        assertThat(ids(plan.takeChunk(10, 10))).containsExactly(5L, 6L);
        assertThat(plan.takeChunk(10, 10)).isEmpty();
    }

    /** These stay blocked for the main flow. */
    @Test
    void itsKeysAreThoseOfAllThatIsDueEachWithItsFirst() {
        ReleasePlan plan =
                plan(row(1, "t", "a"), row(2, "t", "b"), row(3, "t", "a"), row(4, "t", null), row(5, "u", "a"));
        assertThat(plan.keys())
                .containsOnly(
                        java.util.Map.entry(key("t", "a"), 1L),
                        java.util.Map.entry(key("t", "b"), 2L),
                        java.util.Map.entry(key("u", "a"), 5L));
    }

    private static ReleasePlan plan(OutboxRecord... due) {
        return new ReleasePlan(java.util.stream.Stream.of(due)
                .map(row -> new ReleasedMessage(
                        row.lane(),
                        row.id(),
                        row.message().id().value(),
                        row.message().topic(),
                        row.message().key(),
                        1))
                .toList());
    }

    private static ReleasedMessage released(long id, long bytes) {
        return new ReleasedMessage(0, id, UUID.randomUUID(), "t", null, bytes);
    }

    private static List<Long> ids(List<ReleasedMessage> rows) {
        return rows.stream().map(ReleasedMessage::id).toList();
    }

    private static TopicKey key(String topic, String key) {
        return TopicKey.of(topic, key.getBytes(UTF_8));
    }

    private static OutboxRecord row(long id, String topic, @Nullable String key) {
        WireMessage message = new WireMessage(
                new MessageId(UUID.randomUUID()),
                topic,
                null,
                key == null ? null : key.getBytes(UTF_8),
                null,
                new RecordHeaders());
        return new OutboxRecord(0, id, message, 0);
    }
}
