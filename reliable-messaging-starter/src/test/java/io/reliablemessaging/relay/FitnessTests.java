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
            assertThat(fitness.mustLeave()).isFalse();
        }
    }

    @Test
    void leavesAfterItsPatienceIfAnotherCanSend() {
        against = "refused";
        renew(true);
        renew(true);
        renew(true);
        assertThat(fitness.mustLeave()).as("not yet").isFalse();
        renew(true);
        renew(true);
        assertThat(fitness.mustLeave()).isTrue();
        fitness.noteLeft();
        assertThat(fitness.mustLeave()).isFalse();
        assertThat(fitness.whyAside()).contains("refused");
        assertThat(fitness.stayAsideOrReturn(false)).isTrue();
    }

    @Test
    void ifNobodyCanSendItKeepsThem() {
        against = "no broker answers";
        for (int i = 0; i < 100; i++) {
            renew(false);
            assertThat(fitness.mustLeave()).isFalse();
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
        assertThat(fitness.mustLeave()).isFalse();
    }

    /** What another has told with its last renewal may have been true before the cluster went away for all. */
    @Test
    void aProofOfAnotherMustBeLaterThanWhatKeepsThisOneFromSending() {
        against = "no broker answers";
        assertThat(fitness.assess().unfit()).isZero();
        pass(RENEWAL);
        assertThat(fitness.assess().unfit()).isZero();
        pass(RENEWAL);
        assertThat(fitness.assess().unfit()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void tellsAProofOnceAndNoneWhileItCannotSend() {
        assertThat(fitness.assess().sends()).as("nothing is known").isFalse();
        proofs++;
        assertThat(fitness.assess().sends()).isTrue();
        assertThat(fitness.assess().sends()).isFalse();
        proofs++;
        against = "refused";
        assertThat(fitness.assess().sends()).isFalse();
    }

    @Test
    void comesBackWhenItsTimeIsOverAndBrokersAnswer() {
        leave();
        pass(LEASE);
        proofs++;
        assertThat(fitness.stayAsideOrReturn(true)).as("no broker answers").isTrue();
        assertThat(fitness.stayAsideOrReturn(false)).isFalse();
        assertThat(fitness.whyAside()).isNull();
        assertThat(comebacks).hasValue(1);
    }

    /** The probe may have forgotten the outage, or not met it yet. */
    @Test
    void thatNoOutageIsKnownDoesNotBringItBackBeforeABrokerHasAnswered() {
        proofs++; // before it left
        against = "no broker answers";
        while (!fitness.mustLeave()) {
            renew(true);
        }
        proofs++; // of what was under way
        fitness.noteLeft();
        against = null;
        pass(LEASE.multipliedBy(5));
        assertThat(fitness.stayAsideOrReturn(false)).isTrue();
        proofs++;
        assertThat(fitness.stayAsideOrReturn(false)).isFalse();
    }

    @Test
    void triesInTheEndIfNobodyCanTellWhetherABrokerAnswers() {
        leave();
        pass(Fitness.LONGEST.minusSeconds(1));
        assertThat(fitness.stayAsideOrReturn(false)).isTrue();
        pass(Duration.ofSeconds(1));
        assertThat(fitness.stayAsideOrReturn(true)).as("no broker answers").isTrue();
        assertThat(fitness.stayAsideOrReturn(false)).isFalse();
    }

    @Test
    void leavesSoonerOnTrialAndStaysAwayTwiceAsLongEachTimeButNotForEver() {
        leave();
        Duration pause = LEASE;
        for (int i = 0; i < 10; i++) {
            pass(pause.minusSeconds(1));
            proofs++;
            assertThat(fitness.stayAsideOrReturn(false)).isTrue();
            pass(Duration.ofSeconds(1));
            assertThat(fitness.stayAsideOrReturn(false)).isFalse();
            against = "refused again";
            renew(true);
            assertThat(fitness.mustLeave()).isTrue();
            fitness.noteLeft();
            pause = pause.multipliedBy(2).compareTo(Fitness.LONGEST) > 0 ? Fitness.LONGEST : pause.multipliedBy(2);
        }
        assertThat(pause).isEqualTo(Fitness.LONGEST);
    }

    @Test
    void beginsWithAShortTimeAgainAfterItHasWorkedForLong() {
        leave();
        pass(LEASE);
        proofs++;
        assertThat(fitness.stayAsideOrReturn(false)).isFalse();
        pass(Fitness.LONGEST.plusSeconds(1));
        leave();
        pass(LEASE);
        proofs++;
        assertThat(fitness.stayAsideOrReturn(false)).isFalse();
    }

    /** Between one and the next the relay has begun a round, as if all were well. */
    @Test
    void anErrorThatComesAgainAndAgainKeepsItFromSending() {
        for (int i = 0; i < 4; i++) {
            fitness.noteFailure(new NoClassDefFoundError("com/example/Compression"));
            renew(true);
        }
        fitness.noteFailure(new NoClassDefFoundError("com/example/Compression"));
        renew(true);
        assertThat(fitness.mustLeave()).isTrue();
        fitness.noteLeft();
        assertThat(fitness.whyAside()).contains("NoClassDefFoundError", "com/example/Compression");
    }

    @Test
    void oneErrorDoesNotNorDoExceptions() {
        fitness.noteFailure(new NoClassDefFoundError("com/example/Compression"));
        for (int i = 0; i < 20; i++) {
            fitness.noteFailure(new IllegalStateException("the database, say"));
            renew(true);
            assertThat(fitness.mustLeave()).isFalse();
        }
    }

    @Test
    void whoeverSendsMayNotHear() {
        against = "refused";
        for (int i = 0; i < 5; i++) {
            renew(true);
        }
        assertThat(fitness.mustLeave()).isTrue();
        assertThat(fitness.isLeaveOverdue()).isFalse();
        pass(LEASE.plusSeconds(1));
        assertThat(fitness.isLeaveOverdue()).isTrue();
    }

    private void leave() {
        against = "refused";
        for (int i = 0; i < 5; i++) {
            renew(true);
        }
        assertThat(fitness.mustLeave()).isTrue();
        fitness.noteLeft();
        against = null;
    }

    private void renew(boolean another) {
        var unused = fitness.assess();
        fitness.noteOthers(another);
        pass(RENEWAL);
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }
}
