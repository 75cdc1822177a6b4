package io.reliablemessaging.intake;

import static io.reliablemessaging.outbox.OutboxRows.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.reliablemessaging.outbox.OutboxReader;
import io.reliablemessaging.outbox.OutboxReader.Head;
import io.reliablemessaging.outbox.OutboxReader.Heads;
import io.reliablemessaging.outbox.OutboxReader.Writers;
import io.reliablemessaging.outbox.OutboxRecord;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.dao.QueryTimeoutException;

/** A lane that cannot be read at once is read in pieces, each from where the last one has ended. */
class DeepLanesTests {

    private static final Heads NOTHING = new Heads(List.of(), Set.of());
    private static final Set<String> ALL = Set.of();

    private final OutboxReader reader = mock(OutboxReader.class);
    private final LaneFloors laneFloors = new LaneFloors();
    private final RowsInFlight rowsInFlight = new RowsInFlight();
    // a piece may take a twentieth; no test waits for a whole lane
    private final DeepLanes deep = new DeepLanes(Duration.ofHours(1));
    private final List<Head> asked = new ArrayList<>();
    private final Queue<Object> answers = new ArrayDeque<>();

    @BeforeEach
    void answers() {
        when(reader.writers()).thenReturn(new Writers(1000, Set.of()));
        when(reader.heads(any(), any(), any(), anyLong(), any())).thenAnswer(call -> {
            asked.addAll(call.<List<Head>>getArgument(0));
            Object next = answers.poll();
            if (next instanceof RuntimeException failure) {
                throw failure;
            }
            return next == null ? NOTHING : next;
        });
        deep.add(List.of(7));
    }

    @Test
    void aLaneThatIsReadUpToWhatWasDrawnIsDeepNoMore() {
        answers.add(heads(row(7, 900, "orders", "a")));
        assertThat(read()).extracting(OutboxRecord::id).containsExactly(900L);
        assertThat(asked).extracting(Head::floor, Head::ceiling).containsExactly(tuple(0L, 1000L));
        assertThat(deep.lanes()).isEmpty();
        assertThat(laneFloors.readAfter(7, ALL)).as("before what is left").isEqualTo(899);
        assertThat(deep.hasProgressed()).isTrue();
    }

    @Test
    void aPieceThatTakesTooLongIsMadeSmallerAndThenGrowsAgain() {
        answers.add(new QueryTimeoutException("too long"));
        assertThat(read()).isEmpty();
        assertThat(deep.hasProgressed()).as("to smaller pieces").isTrue();
        read();
        read();
        assertThat(asked).extracting(Head::ceiling).containsExactly(1000L, 125L, 375L);
        assertThat(asked).extracting(Head::floor).containsExactly(0L, 0L, 125L);
        assertThat(laneFloors.readAfter(7, ALL)).isEqualTo(375);
        assertThat(deep.lanes()).containsExactly(7);
    }

    @Test
    void aPieceIsNeverEmpty() {
        for (int i = 0; i < 10; i++) {
            answers.add(new QueryTimeoutException("too long"));
            read();
        }
        read();
        assertThat(asked.get(10).ceiling()).isEqualTo(1);
    }

    @Test
    void theFloorDoesNotRiseOverWhatWasCutOff() {
        answers.add(new Heads(List.of(row(7, 10, "orders", "a")), Set.of(7)));
        read();
        assertThat(laneFloors.readAfter(7, ALL)).isZero();
        assertThat(deep.hasProgressed()).as("there are rows").isTrue();
    }

    /** Somebody who has not ended may still store a row at a lower id. */
    @Test
    void whileThoseWriteWhoWroteNothingIsReadInPieces() {
        when(reader.writers()).thenReturn(new Writers(1000, Set.of("tx-1")));
        assertThat(read()).isEmpty();
        when(reader.writers()).thenReturn(new Writers(2000, Set.of("tx-1", "tx-2")));
        assertThat(read()).isEmpty();
        assertThat(asked).as("the whole lane rests at first").isEmpty();
        assertThat(deep.hasProgressed()).isFalse();
        when(reader.writers()).thenReturn(new Writers(3000, Set.of("tx-2")));
        read();
        assertThat(asked)
                .extracting(Head::ceiling)
                .as("what was drawn at first")
                .containsExactly(1000L);
    }

    @Test
    void lanesTakeTurns() {
        deep.add(List.of(8, 9));
        deep.add(List.of(7)); // it is known
        List<OutboxRecord> many = new ArrayList<>();
        for (int i = 1; i <= 10; i++) {
            many.add(row(7, i, "orders", "a"));
        }
        answers.add(new QueryTimeoutException("too long"));
        answers.add(new Heads(many, Set.of(8)));
        assertThat(deep.read(reader, laneFloors, rowsInFlight, ALL, 10, 1000)).hasSize(10);
        assertThat(asked).extracting(Head::lane).as("no room for the third").containsExactly(7, 8);
        read();
        assertThat(asked.get(2).lane()).isEqualTo(9);
    }

    @Test
    void lanesThatAreNotOursAreNotRead() {
        deep.add(List.of(8));
        deep.retain(Set.of(8));
        assertThat(deep.lanes()).containsExactly(8);
        deep.clear();
        read();
        assertThat(asked).isEmpty();
    }

    private List<OutboxRecord> read() {
        return deep.read(reader, laneFloors, rowsInFlight, ALL, 1000, 1_000_000);
    }

    private static Heads heads(OutboxRecord... rows) {
        return new Heads(List.of(rows), Set.of());
    }
}
