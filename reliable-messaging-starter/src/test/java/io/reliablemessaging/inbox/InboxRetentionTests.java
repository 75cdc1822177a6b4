package io.reliablemessaging.inbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** A message is remembered for as long as was promised at least, and both copies of one that was sent twice. */
class InboxRetentionTests {

    private static final Duration WEEK = Duration.ofDays(7);

    @Test
    void checkpointAndAgeOfARowTogetherAreLongerThanWhatWasPromised() {
        for (Duration remembered :
                new Duration[] {Duration.ofMinutes(1), Duration.ofDays(1), WEEK, Duration.ofDays(365)}) {
            InboxRetention retention = new InboxRetention(remembered);
            assertThat(retention.checkpointAge().plus(retention.sentAgain()))
                    .as("%s, and an hour by which clocks may differ", remembered)
                    .isEqualTo(remembered.plusHours(1));
            assertThat(retention.checkpointAge()).isPositive();
        }
    }

    @Test
    void aMessageMayBeSentAgainForADay() {
        assertThat(new InboxRetention(WEEK).sentAgain()).isEqualTo(Duration.ofDays(1));
        assertThat(new InboxRetention(Duration.ofHours(2)).sentAgain()).isEqualTo(Duration.ofHours(2));
    }

    @Test
    void checkpointsAreASixteenthApartAndNeverMoreThanHalfADay() {
        assertThat(new InboxRetention(Duration.ofHours(16)).step()).isEqualTo(Duration.ofHours(1));
        assertThat(new InboxRetention(Duration.ofDays(365)).step()).isEqualTo(Duration.ofHours(12));
    }

    @Test
    void aHorizonIsGoodUntilItsTimeAndForgetsWhatIsBelowIt() {
        InboxHorizon inboxHorizon = new InboxHorizon(100, Instant.EPOCH);
        assertThat(inboxHorizon.isForgotten(99)).isTrue();
        assertThat(inboxHorizon.isForgotten(100)).isFalse();
        assertThat(inboxHorizon.isOutdated(Instant.EPOCH)).isFalse();
        assertThat(inboxHorizon.isOutdated(Instant.EPOCH.plusNanos(1))).isTrue();
    }
}
