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
        Attention.Word word = renew();
        assertThat(word).isEqualTo(new Attention.Word(null, false, "rm_me"));
        assertThat(attention.untilNextLook()).isEqualTo(POLL);
        assertThat(attention.seldom(POLL)).isEqualTo(POLL);
        attention.heard();
        assertThat(attention.untilNextLook()).isEqualTo(Attention.WHILE_HEARING);
        assertThat(attention.seldom(POLL)).isEqualTo(Attention.SELDOM);
        assertThat(renew().channel()).isEqualTo("rm_me");
    }

    @Test
    void provesItNowAndThen() {
        var unused = renew();
        attention.heard();
        int proofs = 0;
        for (int i = 0; i < 15; i++) {
            if (renew().proof() != null) {
                proofs++;
                attention.heard();
            }
        }
        assertThat(proofs).as("in half a minute").isEqualTo(3);
        assertThat(attention.hears()).isTrue();
    }

    @Test
    void looksOftenAgainWhenItHearsNothingAnyMore() {
        attention.heard();
        for (int i = 0; i < 16; i++) {
            var unused = renew();
        }
        assertThat(attention.untilNextLook()).isEqualTo(POLL);
        assertThat(renew()).isEqualTo(new Attention.Word(null, false, "rm_me"));
        attention.heard();
        attention.lost();
        assertThat(attention.untilNextLook()).isEqualTo(POLL);
    }

    @Test
    void neverLooksMoreOftenThanItIsToldNorSaysAnythingWhereItIsNotToHear() {
        Attention hourly = attention(Duration.ofHours(1), RENEWAL);
        assertThat(hourly.untilNextLook()).isEqualTo(Duration.ofHours(1));
        hourly.heard();
        assertThat(hourly.untilNextLook()).isEqualTo(Duration.ofHours(1));
        assertThat(new Attention(null, POLL, RENEWAL, () -> now).word())
                .isEqualTo(new Attention.Word(null, false, null));
    }

    /** From before others can read that it is awake until after they can read that it sleeps. */
    @Test
    void looksAllTheTimeWhileItsRowSaysSo() {
        attention.heard();
        now += RENEWAL.toNanos();
        work(60);
        Attention.Word awake = attention.word();
        assertThat(awake.awake()).isTrue();
        assertThat(attention.untilNextLook()).isLessThan(POLL);
        assertThat(attention.said(awake)).isFalse();
        now += RENEWAL.toNanos();
        work(5);
        Attention.Word asleep = attention.word();
        assertThat(asleep.awake()).isFalse();
        assertThat(attention.untilNextLook()).isLessThan(POLL);
        assertThat(attention.said(asleep))
                .as("what was committed just before must be looked for")
                .isTrue();
        assertThat(attention.untilNextLook()).isEqualTo(Attention.WHILE_HEARING);
    }

    @Test
    void isNeverAwakeWhereItCouldNotSayInTimeThatItSleeps() {
        Attention rare = attention(POLL, Duration.ofMinutes(1));
        rare.heard();
        now += Duration.ofMinutes(1).toNanos();
        for (int i = 0; i < 10_000; i++) {
            rare.found(1);
        }
        assertThat(rare.word().awake()).isFalse();
    }

    private Attention attention(Duration pollInterval, Duration renewedEvery) {
        return new Attention("rm_me", pollInterval, renewedEvery, () -> now);
    }

    private void work(int readings) {
        for (int i = 0; i < readings; i++) {
            attention.found(1);
        }
    }

    private Attention.Word renew() {
        Attention.Word word = attention.word();
        var unused = attention.said(word);
        now += RENEWAL.toNanos();
        return word;
    }
}
