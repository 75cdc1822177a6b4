package io.reliablemessaging.lines;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.lines.OffsetSpan.Committable;
import io.reliablemessaging.lines.OffsetSpan.Slot;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OffsetSpanTests {

    private final OffsetSpan span = new OffsetSpan(10);

    @Test
    void commitsNothingBeforeARecordIsFinished() {
        assertThat(span.toCommit()).isNull();
        span.add(10, Optional.empty());
        assertThat(span.toCommit()).isNull();
    }

    @Test
    void commitsUpToTheFirstUnfinishedRecord() {
        Slot first = span.add(10, Optional.of(3));
        Slot second = span.add(11, Optional.of(4));
        Slot third = span.add(12, Optional.of(5));
        span.finish(second);
        span.finish(third);
        assertThat(span.toCommit()).isNull();
        assertThat(span.size()).isEqualTo(3);
        span.finish(first);
        assertThat(span.toCommit()).isEqualTo(new Committable(13, OptionalInt.of(5)));
        assertThat(span.size()).isZero();
    }

    @Test
    void commitsBehindTheLastRecordWhereOffsetsHaveGaps() {
        Slot first = span.add(17, Optional.empty());
        span.finish(first);
        assertThat(span.toCommit()).isEqualTo(new Committable(18, OptionalInt.empty()));
    }

    @Test
    void commitsOnceWhatWasCommitted() {
        span.finish(span.add(10, Optional.empty()));
        span.noteCommitted(11);
        assertThat(span.toCommit()).isNull();
        span.noteCommitted(5); // an answer that comes late
        assertThat(span.toCommit()).isNull();
    }

    @Test
    void neverPassesAnUnfinishedRecordInWhateverOrderTheyFinish() {
        for (int seed = 0; seed < 200; seed++) {
            OffsetSpan tested = new OffsetSpan(0);
            List<Slot> slots = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                slots.add(tested.add(i, Optional.empty()));
            }
            List<Integer> order =
                    new ArrayList<>(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19));
            Collections.shuffle(order, new Random(seed));
            List<Integer> unfinished = new ArrayList<>(order);
            for (int each : order) {
                tested.finish(slots.get(each));
                unfinished.remove((Integer) each);
                long limit = unfinished.stream().mapToInt(i -> i).min().orElse(20);
                assertThat(tested.finishedBefore()).as("seed %d", seed).isEqualTo(limit);
            }
        }
    }
}
