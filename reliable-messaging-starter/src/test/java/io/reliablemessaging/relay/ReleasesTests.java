package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.reliablemessaging.lanes.PollSchedule;
import io.reliablemessaging.outbox.OutboxRows;
import io.reliablemessaging.quarantine.TopicKey;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.relay.ReleaseRun.Found;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When released messages are looked for, one run at a time. */
class ReleasesTests {

    private static final Set<Integer> LANES = Set.of(1, 2);

    private final SendGate sendGate = mock(SendGate.class);
    private final PollSchedule pollSchedule = mock(PollSchedule.class);
    private final List<Set<Integer>> begun = new ArrayList<>();
    private final List<ReleaseRun> runs = new ArrayList<>();
    private final BlockingQueue<Object> results = new LinkedBlockingQueue<>();
    private final BlockingQueue<Boolean> ended = new LinkedBlockingQueue<>();
    private int loaded;
    private final Releases releases =
            new Releases(this::make, sendGate, () -> loaded++, () -> ended.add(true), Infrastructure.unwatched());

    @BeforeEach
    void somethingIsInQuarantine() {
        when(sendGate.hasQuarantined()).thenReturn(true);
        when(pollSchedule.slowIntervalOr(any())).thenReturn(Duration.ofHours(1));
    }

    @AfterEach
    void close() {
        results.add(Found.NOTHING);
        releases.close();
    }

    @Test
    void withNothingInQuarantineNothingIsLookedFor() {
        when(sendGate.hasQuarantined()).thenReturn(false);
        follow();
        assertThat(begun).isEmpty();
        assertThat(releases.isSending()).isFalse();
    }

    @Test
    void oneRunIsUnderWayAtATime() throws Exception {
        follow();
        follow();
        assertThat(begun).containsExactly(LANES);
        assertThat(releases.isSending()).isTrue();
        end(Found.DUE);
        assertThat(releases.isSending()).isFalse();
        follow();
        assertThat(begun).as("there may be more").hasSize(2);
    }

    @Test
    void whatARunHasTakenAwayHasTheBlockedKeysLoadedAgain() throws Exception {
        follow();
        verify(sendGate, never()).forgetBlocked();
        end(Found.DUE);
        follow();
        verify(sendGate, times(1)).forgetBlocked();
        end(Found.NOTHING);
        follow();
        verify(sendGate, times(2)).forgetBlocked();
    }

    @Test
    void aRunThatHasFoundNothingDueChangesNothingAndTheNextIsSeldom() throws Exception {
        follow();
        end(Found.NONE_DUE);
        follow();
        verify(sendGate, never()).forgetBlocked();
        assertThat(begun).hasSize(1);
    }

    @Test
    void aReleaseOrOtherLanesHaveTheNextRunBeginAtOnce() throws Exception {
        follow();
        end(Found.NONE_DUE);
        when(pollSchedule.takeReleased()).thenReturn(true);
        follow();
        assertThat(begun).hasSize(2);
        when(pollSchedule.takeReleased()).thenReturn(false);
        end(Found.NONE_DUE);
        follow();
        assertThat(begun).hasSize(2);
        follow(Set.of(3));
        assertThat(begun).containsExactly(LANES, LANES, Set.of(3));
    }

    /** What it has done before it failed is not known. */
    @Test
    void aRunThatFailsMayHaveChangedSomething() throws Exception {
        follow();
        end(new NoClassDefFoundError("Missing"));
        follow();
        verify(sendGate).forgetBlocked();
        assertThat(begun).as("after a pause").hasSize(1);
    }

    @Test
    void keysUnderWayStayBlockedWhileTheyAreLoaded() {
        when(sendGate.follow(any(), any())).thenReturn(true);
        follow();
        verify(sendGate).follow(LANES, Map.of());
        Map<TopicKey, Long> keys = Map.of(OutboxRows.key("orders", "a"), 5L);
        when(runs.get(0).keys()).thenReturn(keys);
        follow();
        verify(sendGate).follow(LANES, keys);
        assertThat(loaded).isEqualTo(2);
    }

    @Test
    void onlyARunThatIsUnderWayHasLanes() throws Exception {
        assertThat(releases.hasUnderWay(1)).isFalse();
        releases.retain(Set.of(1));
        releases.abandon();
        follow();
        when(runs.get(0).hasUnderWay(1)).thenReturn(true);
        assertThat(releases.hasUnderWay(1)).isTrue();
        assertThat(releases.hasUnderWay(2)).isFalse();
        releases.retain(Set.of(1));
        verify(runs.get(0)).retain(Set.of(1));
        releases.abandon();
        verify(runs.get(0)).abandon();
        end(Found.DUE);
        assertThat(releases.hasUnderWay(1)).isFalse();
    }

    private ReleaseRun make(Set<Integer> lanes) {
        begun.add(lanes);
        ReleaseRun run = mock(ReleaseRun.class);
        try {
            when(run.send(any())).thenAnswer(call -> {
                Object result = results.take();
                if (result instanceof Error error) {
                    throw error;
                }
                return result;
            });
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        runs.add(run);
        return run;
    }

    private void end(Object result) throws InterruptedException {
        results.add(result);
        assertThat(ended.poll(10, TimeUnit.SECONDS)).as("the run has ended").isNotNull();
    }

    private void follow() {
        follow(LANES);
    }

    private void follow(Set<Integer> lanes) {
        releases.follow(lanes, Set::of, pollSchedule);
    }
}
