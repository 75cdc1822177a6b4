package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Set;
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
        Set<String> crowding = windows.crowding(now);
        assertThat(crowding).isNotEmpty();
        assertThat(windows.isRoomy(crowding)).isTrue();
        assertThat(fill("next", 1)).isPositive();
        assertThat(windows.freeRows()).isPositive();
    }

    @Test
    void oneLargeMessageOfATopicThatTakesNothingStopsNoOther() {
        assertThat(fill("stalled", 100 << 20)).isEqualTo(1);
        assertThat(windows.freeBytes()).isNegative();
        assertThat(windows.isRoomy(Set.of("stalled"))).isTrue();
        windows.add("healthy", 10, now);
        assertThat(windows.isFull("healthy")).as("one at a time").isTrue();
        assertThat(windows.isRoomy(Set.of("stalled"))).isFalse();
        windows.remove("healthy", 10, now);
        assertThat(windows.isFull("healthy")).isFalse();
        assertThat(windows.isRoomy(Set.of("stalled"))).isTrue();
    }

    @Test
    void whetherAFullTopicIsSlowIsSeenAfterAWhileAndThenKnown() {
        windows.add("a", 1, now);
        assertThat(windows.mayBecomeCrowded()).isFalse();
        fill("a", 1);
        assertThat(windows.mayBecomeCrowded()).isTrue();
        later(TopicWindows.CROWDING);
        assertThat(windows.crowding(now)).containsExactly("a");
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
        assertThat(windows.crowding(now)).isEmpty();
        assertThat(windows.isRoomy(NONE)).isFalse();
        later(Duration.ofMillis(1));
        assertThat(windows.crowding(now)).containsExactly("a");
        assertThat(windows.isRoomy(Set.of("a"))).isTrue();
    }

    @Test
    void aSlowTopicIsLeftOutAtOnceWhenItIsFullAgain() {
        fill("a", 1);
        later(TopicWindows.CROWDING);
        assertThat(windows.crowding(now)).containsExactly("a");
        remove("a", 2_048);
        assertThat(windows.crowding(now)).isEmpty();
        fill("a", 1);
        assertThat(windows.crowding(now)).containsExactly("a");
    }

    @Test
    void aTopicThatWasFastForLongIsGivenTimeAgain() {
        fill("a", 1);
        later(TopicWindows.CROWDING);
        assertThat(windows.crowding(now)).containsExactly("a");
        remove("a", 8_192);
        later(Duration.ofSeconds(11));
        assertThat(windows.crowding(now)).isEmpty();
        fill("a", 1);
        assertThat(windows.crowding(now)).isEmpty();
    }

    @Test
    void aTopicIsSilentFromItsLastAnswerOn() {
        windows.add("a", 1, now);
        later(SILENCE.dividedBy(2));
        windows.add("a", 1, now);
        windows.add("b", 1, now);
        later(SILENCE.dividedBy(2));
        assertThat(windows.silent(SILENCE, now)).containsExactly("a");
        windows.remove("a", 1, now);
        assertThat(windows.silent(SILENCE, now)).isEmpty();
        windows.remove("b", 1, now);
        later(SILENCE);
        assertThat(windows.silent(SILENCE, now)).containsExactly("a");
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
