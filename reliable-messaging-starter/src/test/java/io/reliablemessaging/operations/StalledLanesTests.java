package io.reliablemessaging.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.outbox.OutboxBacklog.Head;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A lane that is long is not stalled; one whose first message stays is. */
class StalledLanesTests {

    private static final Set<Integer> OURS = Set.of(1, 2);

    private final StalledLanes lanes = new StalledLanes(Duration.ofSeconds(10));

    @Test
    void aLaneWhoseFirstMessageStaysIsStalled() {
        assertThat(update(0, head(1, 7))).isEmpty();
        assertThat(update(10, head(1, 7))).isEmpty();
        assertThat(update(11, head(1, 7))).containsExactly(head(1, 7));
    }

    @Test
    void aLaneThatMovesIsNot() {
        assertThat(update(0, head(1, 7))).isEmpty();
        assertThat(update(9, head(1, 8))).isEmpty();
        assertThat(update(18, head(1, 8))).isEmpty();
        assertThat(update(20, head(1, 8))).containsExactly(head(1, 8));
    }

    @Test
    void aLaneThatWasEmptyBeginsAnew() {
        assertThat(update(0, head(1, 7))).isEmpty();
        assertThat(update(9)).isEmpty();
        assertThat(update(11, head(1, 7))).isEmpty();
    }

    @Test
    void lanesOfOthersAndHeldTopicsAreNotOurTrouble() {
        assertThat(update(0, head(3, 7), new Head(2, 9, "held"))).isEmpty();
        assertThat(update(60, head(3, 7), new Head(2, 9, "held"))).isEmpty();
    }

    private List<Head> update(int second, Head... heads) {
        return lanes.update(
                List.of(heads), OURS, Set.of("held"), Duration.ofSeconds(second).toNanos());
    }

    private static Head head(int lane, long id) {
        return new Head(lane, id, "orders");
    }
}
