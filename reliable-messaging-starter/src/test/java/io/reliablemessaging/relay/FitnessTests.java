package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** When an instance leaves its lanes to others, and when it comes back. */
class FitnessTests {

    private static final Duration LEASE = Duration.ofSeconds(6);
    private static final Duration RENEWAL = Duration.ofSeconds(2);

    private final AtomicInteger comebacks = new AtomicInteger();
    private long now;
    private long proofs;
    private @Nullable String against;
    private final Fitness fitness =
            new Fitness(LEASE, () -> against, () -> proofs, comebacks::incrementAndGet, () -> now);

    @Test
    void oneThatNothingSpeaksAgainstKeepsItsLanes() {
        for (int i = 0; i < 20; i++) {
            renew(true);
            assertThat(fitness.isToLeave()).isFalse();
        }
    }

    @Test
    void leavesAfterItsPatienceIfAnotherCanSend() {
        against = "refused";
        renew(true);
        renew(true);
        renew(true);
        assertThat(fitness.isToLeave()).as("not yet").isFalse();
        renew(true);
        renew(true);
        assertThat(fitness.isToLeave()).isTrue();
        fitness.left();
        assertThat(fitness.isToLeave()).isFalse();
        assertThat(fitness.aside()).contains("refused");
        assertThat(fitness.standsAside(false)).isTrue();
    }

    @Test
    void ifNobodyCanSendItKeepsThem() {
        against = "no broker answers";
        for (int i = 0; i < 100; i++) {
            renew(false);
            assertThat(fitness.isToLeave()).isFalse();
        }
    }

    @Test
    void whatHasGivenAWayMeanwhileDoesNotCount() {
        against = "refused";
        renew(true);
        renew(true);
        against = null;
        renew(true);
        against = "refused";
        renew(true);
        renew(true);
        renew(true);
        assertThat(fitness.isToLeave()).isFalse();
    }

    /** What another has told with its last renewal may have been true before the cluster went away for all. */
    @Test
    void aProofOfAnotherMustBeLaterThanWhatKeepsThisOneFromSending() {
        against = "no broker answers";
        assertThat(fitness.look().unfit()).isZero();
        pass(RENEWAL);
        assertThat(fitness.look().unfit()).isZero();
        pass(RENEWAL);
        assertThat(fitness.look().unfit()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void tellsAProofOnceAndNoneWhileItCannotSend() {
        assertThat(fitness.look().sends()).as("nothing is known").isFalse();
        proofs++;
        assertThat(fitness.look().sends()).isTrue();
        assertThat(fitness.look().sends()).isFalse();
        proofs++;
        against = "refused";
        assertThat(fitness.look().sends()).isFalse();
    }

    @Test
    void comesBackWhenItsTimeIsOverAndBrokersAnswer() {
        leave();
        pass(LEASE);
        proofs++;
        assertThat(fitness.standsAside(true)).as("no broker answers").isTrue();
        assertThat(fitness.standsAside(false)).isFalse();
        assertThat(fitness.aside()).isNull();
        assertThat(comebacks).hasValue(1);
    }

    /** The probe may have forgotten the outage, or not met it yet. */
    @Test
    void thatNoOutageIsKnownDoesNotBringItBackBeforeABrokerHasAnswered() {
        proofs++; // before it left
        against = "no broker answers";
        while (!fitness.isToLeave()) {
            renew(true);
        }
        proofs++; // of what was under way
        fitness.left();
        against = null;
        pass(LEASE.multipliedBy(5));
        assertThat(fitness.standsAside(false)).isTrue();
        proofs++;
        assertThat(fitness.standsAside(false)).isFalse();
    }

    @Test
    void triesInTheEndIfNobodyCanTellWhetherABrokerAnswers() {
        leave();
        pass(Fitness.LONGEST.minusSeconds(1));
        assertThat(fitness.standsAside(false)).isTrue();
        pass(Duration.ofSeconds(1));
        assertThat(fitness.standsAside(true)).as("no broker answers").isTrue();
        assertThat(fitness.standsAside(false)).isFalse();
    }

    @Test
    void leavesSoonerOnTrialAndStaysAwayTwiceAsLongEachTimeButNotForEver() {
        leave();
        Duration pause = LEASE;
        for (int i = 0; i < 10; i++) {
            pass(pause.minusSeconds(1));
            proofs++;
            assertThat(fitness.standsAside(false)).isTrue();
            pass(Duration.ofSeconds(1));
            assertThat(fitness.standsAside(false)).isFalse();
            against = "refused again";
            renew(true);
            assertThat(fitness.isToLeave()).isTrue();
            fitness.left();
            pause = pause.multipliedBy(2).compareTo(Fitness.LONGEST) > 0 ? Fitness.LONGEST : pause.multipliedBy(2);
        }
        assertThat(pause).isEqualTo(Fitness.LONGEST);
    }

    @Test
    void beginsWithAShortTimeAgainAfterItHasWorkedForLong() {
        leave();
        pass(LEASE);
        proofs++;
        assertThat(fitness.standsAside(false)).isFalse();
        pass(Fitness.LONGEST.plusSeconds(1));
        leave();
        pass(LEASE);
        proofs++;
        assertThat(fitness.standsAside(false)).isFalse();
    }

    /** Between one and the next the relay has begun a round, as if all were well. */
    @Test
    void anErrorThatComesAgainAndAgainKeepsItFromSending() {
        for (int i = 0; i < 4; i++) {
            fitness.failed(new NoClassDefFoundError("com/example/Compression"));
            renew(true);
        }
        fitness.failed(new NoClassDefFoundError("com/example/Compression"));
        renew(true);
        assertThat(fitness.isToLeave()).isTrue();
        fitness.left();
        assertThat(fitness.aside()).contains("NoClassDefFoundError", "com/example/Compression");
    }

    @Test
    void oneErrorDoesNotNorDoExceptions() {
        fitness.failed(new NoClassDefFoundError("com/example/Compression"));
        for (int i = 0; i < 20; i++) {
            fitness.failed(new IllegalStateException("the database, say"));
            renew(true);
            assertThat(fitness.isToLeave()).isFalse();
        }
    }

    @Test
    void whoeverSendsMayNotHear() {
        against = "refused";
        for (int i = 0; i < 5; i++) {
            renew(true);
        }
        assertThat(fitness.isToLeave()).isTrue();
        assertThat(fitness.isDeaf()).isFalse();
        pass(LEASE.plusSeconds(1));
        assertThat(fitness.isDeaf()).isTrue();
    }

    private void leave() {
        against = "refused";
        for (int i = 0; i < 5; i++) {
            renew(true);
        }
        assertThat(fitness.isToLeave()).isTrue();
        fitness.left();
        against = null;
    }

    private void renew(boolean another) {
        var unused = fitness.look();
        fitness.others(another);
        pass(RENEWAL);
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }
}
