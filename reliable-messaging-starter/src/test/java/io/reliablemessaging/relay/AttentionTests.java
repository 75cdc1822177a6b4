package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How often the relay looks, and what it tells the others of it. */
class AttentionTests {

    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration RENEWAL = Duration.ofSeconds(2);

    private long now = 1;
    private final Attention attention = attention(POLL, RENEWAL);

    @Test
    void looksOftenUntilItHasHeardItself() {
        Attention.Announcement word = renew();
        assertThat(word).isEqualTo(new Attention.Announcement(null, false, "rm_me"));
        assertThat(attention.untilNextPoll()).isEqualTo(POLL);
        assertThat(attention.slowIntervalOr(POLL)).isEqualTo(POLL);
        attention.noteHeard();
        assertThat(attention.untilNextPoll()).isEqualTo(Attention.WHILE_LISTENING);
        assertThat(attention.slowIntervalOr(POLL)).isEqualTo(Attention.SLOW_INTERVAL);
        assertThat(renew().channel()).isEqualTo("rm_me");
    }

    @Test
    void provesItNowAndThen() {
        var unused = renew();
        attention.noteHeard();
        int proofs = 0;
        for (int i = 0; i < 15; i++) {
            if (renew().proof() != null) {
                proofs++;
                attention.noteHeard();
            }
        }
        assertThat(proofs).as("in half a minute").isEqualTo(3);
        assertThat(attention.isListening()).isTrue();
    }

    @Test
    void looksOftenAgainWhenItHearsNothingAnyMore() {
        attention.noteHeard();
        for (int i = 0; i < 16; i++) {
            var unused = renew();
        }
        assertThat(attention.untilNextPoll()).isEqualTo(POLL);
        assertThat(renew()).isEqualTo(new Attention.Announcement(null, false, "rm_me"));
        attention.noteHeard();
        attention.noteConnectionLost();
        assertThat(attention.untilNextPoll()).isEqualTo(POLL);
    }

    @Test
    void neverLooksMoreOftenThanItIsToldNorSaysAnythingWhereItIsNotToHear() {
        Attention hourly = attention(Duration.ofHours(1), RENEWAL);
        assertThat(hourly.untilNextPoll()).isEqualTo(Duration.ofHours(1));
        hourly.noteHeard();
        assertThat(hourly.untilNextPoll()).isEqualTo(Duration.ofHours(1));
        assertThat(new Attention(null, POLL, RENEWAL, () -> now).prepareAnnouncement())
                .isEqualTo(new Attention.Announcement(null, false, null));
    }

    /** From before others can read that it is awake until after they can read that it sleeps. */
    @Test
    void looksAllTheTimeWhileItsRowSaysSo() {
        attention.noteHeard();
        now += RENEWAL.toNanos();
        work(60);
        Attention.Announcement awake = attention.prepareAnnouncement();
        assertThat(awake.awake()).isTrue();
        assertThat(attention.untilNextPoll()).isLessThan(POLL);
        assertThat(attention.confirmAnnounced(awake)).isFalse();
        now += RENEWAL.toNanos();
        work(5);
        Attention.Announcement asleep = attention.prepareAnnouncement();
        assertThat(asleep.awake()).isFalse();
        assertThat(attention.untilNextPoll()).isLessThan(POLL);
        assertThat(attention.confirmAnnounced(asleep))
                .as("what was committed just before must be looked for")
                .isTrue();
        assertThat(attention.untilNextPoll()).isEqualTo(Attention.WHILE_LISTENING);
    }

    @Test
    void isNeverAwakeWhereItCouldNotSayInTimeThatItSleeps() {
        Attention rare = attention(POLL, Duration.ofMinutes(1));
        rare.noteHeard();
        now += Duration.ofMinutes(1).toNanos();
        for (int i = 0; i < 10_000; i++) {
            rare.noteFound(1);
        }
        assertThat(rare.prepareAnnouncement().awake()).isFalse();
    }

    private Attention attention(Duration pollInterval, Duration renewedEvery) {
        return new Attention("rm_me", pollInterval, renewedEvery, () -> now);
    }

    private void work(int readings) {
        for (int i = 0; i < readings; i++) {
            attention.noteFound(1);
        }
    }

    private Attention.Announcement renew() {
        Attention.Announcement word = attention.prepareAnnouncement();
        var unused = attention.confirmAnnounced(word);
        now += RENEWAL.toNanos();
        return word;
    }
}
