package io.reliablemessaging.lines;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.lines.OffsetSpan.Committable;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** An offset is never taken for one of another topic of the same name. */
class TopicIncarnationTests {

    private final TopicIncarnation first = new TopicIncarnation(Uuid.randomUuid());
    private final TopicIncarnation second = new TopicIncarnation(Uuid.randomUuid());

    @Test
    void aCommitCarriesTheLeaderEpochAndTheTopic() {
        OffsetAndMetadata commit = first.toCommit(new Committable(7, OptionalInt.of(3)));
        assertThat(commit.offset()).isEqualTo(7);
        assertThat(commit.leaderEpoch())
                .as("a former topic's epoch would stop the consumer")
                .isEmpty();
        assertThat(first.resumeAt(commit)).contains(new OffsetAndMetadata(7, Optional.of(3), ""));
        assertThat(second.resumeAt(commit)).isEmpty();
        assertThat(first.isOfAnother(commit)).isFalse();
        assertThat(second.isOfAnother(commit)).isTrue();
    }

    @Test
    void aCommitWithoutAnEpochHasNone() {
        assertThat(first.resumeAt(first.toCommit(new Committable(7, OptionalInt.empty()))))
                .isEmpty();
    }

    @Test
    void aCommitOfAnotherToolBelongsToTheTopicOfNow() {
        assertThat(first.isOfAnother(new OffsetAndMetadata(7, "by hand"))).isFalse();
        assertThat(first.isOfAnother(new OffsetAndMetadata(7))).isFalse();
        assertThat(first.isOfAnother(null)).isFalse();
    }
}
