package io.reliablemessaging.intake;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

/** No topic takes all that may be in flight, and what many of them hold back leaves room for the next. */
class TopicWindowsTests {

    private static final Set<String> NONE = Set.of();
    private static final Duration SILENCE = Duration.ofSeconds(10);

    private final TopicWindows windows = new TopicWindows();
    private long now;

    @Test
    void oneTopicAloneHasTwoThirds() {
        assertThat(fill("a", 1)).isEqualTo(8_192);
    }

    @Test
    void aTopicThatIsAloneWithLargeMessagesHasTwoThirdsOfTheBytes() {
        int sent = fill("a", 1 << 20);
        assertThat(sent).isBetween(10, 11);
    }

    @Test
    void oneMessageIsLetThroughHoweverLargeItIs() {
        assertThat(fill("a", 100 << 20)).isEqualTo(1);
    }

    @Test
    void howeverManyTopicsStallTheNextHasRoom() {
        for (int i = 0; i < 20; i++) {
            assertThat(fill("stalled-" + i, 1)).as("topic %s", i).isPositive();
        }
        later(TopicWindows.CROWDING);
        Set<String> crowding = windows.updateCrowding(now);
        assertThat(crowding).isNotEmpty();
        assertThat(windows.hasRoomToRead(crowding)).isTrue();
        assertThat(fill("next", 1)).isPositive();
        assertThat(windows.freeRows()).isPositive();
    }

    /** What is read and not sent is read in vain. */
    @Test
    void noMoreIsReadThanMakesTheTopicsFullThatAreExpected() {
        assertThat(windows.rowsToRead()).as("nothing is known").isEqualTo(TopicWindows.MOST_ROWS);
        windows.noteRead(rows("a", 10));
        assertThat(windows.rowsToRead()).isEqualTo(8_192);
        addMany("a", 6_144);
        assertThat(windows.rowsToRead()).isEqualTo(2_048);
        windows.noteRead(
                Stream.concat(rows("a", 1).stream(), rows("b", 3).stream()).toList());
        assertThat(windows.rowsToRead()).as("b has more room").isBetween(5_400, 5_500);
        addMany("a", 2_047);
        assertThat(windows.isFull("a")).isFalse();
        addMany("a", 1);
        assertThat(windows.isFull("a")).isTrue();
        windows.noteRead(rows("b", 3));
        int most = windows.rowsToRead();
        addMany("b", most - 2);
        assertThat(windows.isFull("b")).isFalse();
        addMany("b", 2);
        assertThat(windows.isFull("b")).isTrue();
        assertThat(windows.rowsToRead()).as("one at least").isEqualTo(1);
        windows.noteRead(List.of());
        assertThat(windows.rowsToRead()).isEqualTo(windows.freeRows());
    }

    @Test
    void noMoreBytesAreReadThanMakeTheTopicsFullThatAreExpected() {
        windows.noteRead(rows("a", 10));
        assertThat(windows.bytesToRead())
                .isBetween(TopicWindows.MOST_BYTES * 2 / 3, TopicWindows.MOST_BYTES * 2 / 3 + 1);
    }

    private void addMany(String topic, int count) {
        for (int i = 0; i < count; i++) {
            windows.add(topic, 1, now);
        }
    }

    private static List<OutboxRecord> rows(String topic, int count) {
        return Collections.nCopies(
                count,
                new OutboxRecord(
                        0,
                        1,
                        new WireMessage(
                                new MessageId(new UUID(0, 1)), topic, null, null, new byte[1], new RecordHeaders()),
                        0));
    }

    @Test
    void oneLargeMessageOfATopicThatTakesNothingStopsNoOther() {
        assertThat(fill("stalled", 100 << 20)).isEqualTo(1);
        assertThat(windows.freeBytes()).isNegative();
        assertThat(windows.hasRoomToRead(Set.of("stalled"))).isTrue();
        windows.add("healthy", 10, now);
        assertThat(windows.isFull("healthy")).as("one at a time").isTrue();
        assertThat(windows.hasRoomToRead(Set.of("stalled"))).isFalse();
        windows.remove("healthy", 10, now);
        assertThat(windows.isFull("healthy")).isFalse();
        assertThat(windows.hasRoomToRead(Set.of("stalled"))).isTrue();
    }

    @Test
    void whetherAFullTopicIsSlowIsSeenAfterAWhileAndThenKnown() {
        windows.add("a", 1, now);
        assertThat(windows.mayBecomeCrowded()).isFalse();
        fill("a", 1);
        assertThat(windows.mayBecomeCrowded()).isTrue();
        later(TopicWindows.CROWDING);
        assertThat(windows.updateCrowding(now)).containsExactly("a");
        assertThat(windows.mayBecomeCrowded()).isFalse();
        assertThat(windows.isCrowded()).isTrue();
    }

    @Test
    void aFullTopicHasRoomAgainWhenAsMuchIsFree() {
        fill("a", 1);
        remove("a", 2_047);
        assertThat(windows.isFull("a")).isTrue();
        remove("a", 1);
        assertThat(windows.isFull("a")).isFalse();
    }

    @Test
    void nothingIsReadWhileATopicIsFullThatMayJustBeFast() {
        fill("a", 1);
        later(TopicWindows.CROWDING.minusMillis(1));
        assertThat(windows.updateCrowding(now)).isEmpty();
        assertThat(windows.hasRoomToRead(NONE)).isFalse();
        later(Duration.ofMillis(1));
        assertThat(windows.updateCrowding(now)).containsExactly("a");
        assertThat(windows.hasRoomToRead(Set.of("a"))).isTrue();
    }

    @Test
    void aSlowTopicIsLeftOutAtOnceWhenItIsFullAgain() {
        fill("a", 1);
        later(TopicWindows.CROWDING);
        assertThat(windows.updateCrowding(now)).containsExactly("a");
        remove("a", 2_048);
        assertThat(windows.updateCrowding(now)).isEmpty();
        fill("a", 1);
        assertThat(windows.updateCrowding(now)).containsExactly("a");
    }

    @Test
    void aTopicThatWasFastForLongIsGivenTimeAgain() {
        fill("a", 1);
        later(TopicWindows.CROWDING);
        assertThat(windows.updateCrowding(now)).containsExactly("a");
        remove("a", 8_192);
        later(Duration.ofSeconds(11));
        assertThat(windows.updateCrowding(now)).isEmpty();
        fill("a", 1);
        assertThat(windows.updateCrowding(now)).isEmpty();
    }

    @Test
    void aTopicIsSilentFromItsLastAnswerOn() {
        windows.add("a", 1, now);
        later(SILENCE.dividedBy(2));
        windows.add("a", 1, now);
        windows.add("b", 1, now);
        later(SILENCE.dividedBy(2));
        assertThat(windows.silentTopics(SILENCE, now)).containsExactly("a");
        windows.remove("a", 1, now);
        assertThat(windows.silentTopics(SILENCE, now)).isEmpty();
        windows.remove("b", 1, now);
        later(SILENCE);
        assertThat(windows.silentTopics(SILENCE, now)).containsExactly("a");
    }

    /** As many as it may have. */
    private int fill(String topic, int size) {
        int before = windows.rows(topic);
        while (!windows.isFull(topic)) {
            windows.add(topic, size, now);
        }
        return windows.rows(topic) - before;
    }

    private void remove(String topic, int count) {
        for (int i = 0; i < count; i++) {
            windows.remove(topic, 1, now);
        }
    }

    private void later(Duration duration) {
        now += duration.toNanos();
    }
}
