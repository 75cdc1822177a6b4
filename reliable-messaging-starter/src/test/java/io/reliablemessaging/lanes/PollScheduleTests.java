package io.reliablemessaging.lanes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How often the relay looks, and what it tells the others of it. */
class PollScheduleTests {

    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration RENEWAL = Duration.ofSeconds(2);

    private long now = 1;
    private final PollSchedule pollSchedule = pollSchedule(POLL, RENEWAL);

    @Test
    void looksOftenUntilItHasHeardItself() {
        PollSchedule.Announcement word = renew();
        assertThat(word).isEqualTo(new PollSchedule.Announcement(null, false, "rm_me"));
        assertThat(pollSchedule.untilNextPoll()).isEqualTo(POLL);
        assertThat(pollSchedule.slowIntervalOr(POLL)).isEqualTo(POLL);
        pollSchedule.noteHeard();
        assertThat(pollSchedule.untilNextPoll()).isEqualTo(PollSchedule.WHILE_LISTENING);
        assertThat(pollSchedule.slowIntervalOr(POLL)).isEqualTo(PollSchedule.SLOW_INTERVAL);
        assertThat(renew().channel()).isEqualTo("rm_me");
    }

    @Test
    void provesItNowAndThen() {
        var unused = renew();
        pollSchedule.noteHeard();
        int proofs = 0;
        for (int i = 0; i < 15; i++) {
            if (renew().proof() != null) {
                proofs++;
                pollSchedule.noteHeard();
            }
        }
        assertThat(proofs).as("in half a minute").isEqualTo(3);
        assertThat(pollSchedule.isListening()).isTrue();
    }

    @Test
    void looksOftenAgainWhenItHearsNothingAnyMore() {
        pollSchedule.noteHeard();
        for (int i = 0; i < 16; i++) {
            var unused = renew();
        }
        assertThat(pollSchedule.untilNextPoll()).isEqualTo(POLL);
        assertThat(renew()).isEqualTo(new PollSchedule.Announcement(null, false, "rm_me"));
        pollSchedule.noteHeard();
        pollSchedule.noteConnectionLost();
        assertThat(pollSchedule.untilNextPoll()).isEqualTo(POLL);
    }

    @Test
    void neverLooksMoreOftenThanItIsToldNorSaysAnythingWhereItIsNotToHear() {
        PollSchedule hourly = pollSchedule(Duration.ofHours(1), RENEWAL);
        assertThat(hourly.untilNextPoll()).isEqualTo(Duration.ofHours(1));
        hourly.noteHeard();
        assertThat(hourly.untilNextPoll()).isEqualTo(Duration.ofHours(1));
        assertThat(new PollSchedule(null, POLL, RENEWAL, () -> now).prepareAnnouncement())
                .isEqualTo(new PollSchedule.Announcement(null, false, null));
    }

    /** From before others can read that it is awake until after they can read that it sleeps. */
    @Test
    void looksAllTheTimeWhileItsRowSaysSo() {
        pollSchedule.noteHeard();
        now += RENEWAL.toNanos();
        work(60);
        PollSchedule.Announcement awake = pollSchedule.prepareAnnouncement();
        assertThat(awake.awake()).isTrue();
        assertThat(pollSchedule.untilNextPoll()).isLessThan(POLL);
        assertThat(pollSchedule.confirmAnnounced(awake)).isFalse();
        now += RENEWAL.toNanos();
        work(5);
        PollSchedule.Announcement asleep = pollSchedule.prepareAnnouncement();
        assertThat(asleep.awake()).isFalse();
        assertThat(pollSchedule.untilNextPoll()).isLessThan(POLL);
        assertThat(pollSchedule.confirmAnnounced(asleep))
                .as("what was committed just before must be looked for")
                .isTrue();
        assertThat(pollSchedule.untilNextPoll()).isEqualTo(PollSchedule.WHILE_LISTENING);
    }

    @Test
    void isNeverAwakeWhereItCouldNotSayInTimeThatItSleeps() {
        PollSchedule rare = pollSchedule(POLL, Duration.ofMinutes(1));
        rare.noteHeard();
        now += Duration.ofMinutes(1).toNanos();
        for (int i = 0; i < 10_000; i++) {
            rare.noteFound(1);
        }
        assertThat(rare.prepareAnnouncement().awake()).isFalse();
    }

    private PollSchedule pollSchedule(Duration pollInterval, Duration renewedEvery) {
        return new PollSchedule("rm_me", pollInterval, renewedEvery, () -> now);
    }

    private void work(int readings) {
        for (int i = 0; i < readings; i++) {
            pollSchedule.noteFound(1);
        }
    }

    private PollSchedule.Announcement renew() {
        PollSchedule.Announcement word = pollSchedule.prepareAnnouncement();
        var unused = pollSchedule.confirmAnnounced(word);
        now += RENEWAL.toNanos();
        return word;
    }
}
