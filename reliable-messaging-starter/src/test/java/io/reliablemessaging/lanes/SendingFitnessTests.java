package io.reliablemessaging.lanes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** When an instance leaves its lanes to others, and when it comes back. */
class SendingFitnessTests {

    private static final Duration LEASE = Duration.ofSeconds(6);
    private static final Duration RENEWAL = Duration.ofSeconds(2);

    private final AtomicInteger comebacks = new AtomicInteger();
    private long now;
    private long proofs;
    private @Nullable String against;
    private final SendingFitness sendingFitness =
            new SendingFitness(LEASE, () -> against, () -> proofs, comebacks::incrementAndGet, () -> now);

    @Test
    void oneThatNothingSpeaksAgainstKeepsItsLanes() {
        for (int i = 0; i < 20; i++) {
            renew(true);
            assertThat(sendingFitness.mustLeave()).isFalse();
        }
    }

    @Test
    void leavesAfterItsPatienceIfAnotherCanSend() {
        against = "refused";
        renew(true);
        renew(true);
        renew(true);
        assertThat(sendingFitness.mustLeave()).as("not yet").isFalse();
        renew(true);
        renew(true);
        assertThat(sendingFitness.mustLeave()).isTrue();
        sendingFitness.noteLeft();
        assertThat(sendingFitness.mustLeave()).isFalse();
        assertThat(sendingFitness.whyAside()).contains("refused");
        assertThat(sendingFitness.stayAsideOrReturn(false)).isTrue();
    }

    @Test
    void ifNobodyCanSendItKeepsThem() {
        against = "no broker answers";
        for (int i = 0; i < 100; i++) {
            renew(false);
            assertThat(sendingFitness.mustLeave()).isFalse();
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
        assertThat(sendingFitness.mustLeave()).isFalse();
    }

    /** What another has told with its last renewal may have been true before the cluster went away for all. */
    @Test
    void aProofOfAnotherMustBeLaterThanWhatKeepsThisOneFromSending() {
        against = "no broker answers";
        assertThat(sendingFitness.assess().unfit()).isZero();
        pass(RENEWAL);
        assertThat(sendingFitness.assess().unfit()).isZero();
        pass(RENEWAL);
        assertThat(sendingFitness.assess().unfit()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void tellsAProofOnceAndNoneWhileItCannotSend() {
        assertThat(sendingFitness.assess().sends()).as("nothing is known").isFalse();
        proofs++;
        assertThat(sendingFitness.assess().sends()).isTrue();
        assertThat(sendingFitness.assess().sends()).isFalse();
        proofs++;
        against = "refused";
        assertThat(sendingFitness.assess().sends()).isFalse();
    }

    @Test
    void comesBackWhenItsTimeIsOverAndBrokersAnswer() {
        leave();
        pass(LEASE);
        proofs++;
        assertThat(sendingFitness.stayAsideOrReturn(true))
                .as("no broker answers")
                .isTrue();
        assertThat(sendingFitness.stayAsideOrReturn(false)).isFalse();
        assertThat(sendingFitness.whyAside()).isNull();
        assertThat(comebacks).hasValue(1);
    }

    /** The probe may have forgotten the outage, or not met it yet. */
    @Test
    void thatNoOutageIsKnownDoesNotBringItBackBeforeABrokerHasAnswered() {
        proofs++; // before it left
        against = "no broker answers";
        while (!sendingFitness.mustLeave()) {
            renew(true);
        }
        proofs++; // of what was under way
        sendingFitness.noteLeft();
        against = null;
        pass(LEASE.multipliedBy(5));
        assertThat(sendingFitness.stayAsideOrReturn(false)).isTrue();
        proofs++;
        assertThat(sendingFitness.stayAsideOrReturn(false)).isFalse();
    }

    @Test
    void triesInTheEndIfNobodyCanTellWhetherABrokerAnswers() {
        leave();
        pass(SendingFitness.LONGEST.minusSeconds(1));
        assertThat(sendingFitness.stayAsideOrReturn(false)).isTrue();
        pass(Duration.ofSeconds(1));
        assertThat(sendingFitness.stayAsideOrReturn(true))
                .as("no broker answers")
                .isTrue();
        assertThat(sendingFitness.stayAsideOrReturn(false)).isFalse();
    }

    @Test
    void leavesSoonerOnTrialAndStaysAwayTwiceAsLongEachTimeButNotForEver() {
        leave();
        Duration pause = LEASE;
        for (int i = 0; i < 10; i++) {
            pass(pause.minusSeconds(1));
            proofs++;
            assertThat(sendingFitness.stayAsideOrReturn(false)).isTrue();
            pass(Duration.ofSeconds(1));
            assertThat(sendingFitness.stayAsideOrReturn(false)).isFalse();
            against = "refused again";
            renew(true);
            assertThat(sendingFitness.mustLeave()).isTrue();
            sendingFitness.noteLeft();
            pause = pause.multipliedBy(2).compareTo(SendingFitness.LONGEST) > 0
                    ? SendingFitness.LONGEST
                    : pause.multipliedBy(2);
        }
        assertThat(pause).isEqualTo(SendingFitness.LONGEST);
    }

    @Test
    void beginsWithAShortTimeAgainAfterItHasWorkedForLong() {
        leave();
        pass(LEASE);
        proofs++;
        assertThat(sendingFitness.stayAsideOrReturn(false)).isFalse();
        pass(SendingFitness.LONGEST.plusSeconds(1));
        leave();
        pass(LEASE);
        proofs++;
        assertThat(sendingFitness.stayAsideOrReturn(false)).isFalse();
    }

    /** Between one and the next the relay has begun a round, as if all were well. */
    @Test
    void anErrorThatComesAgainAndAgainKeepsItFromSending() {
        for (int i = 0; i < 4; i++) {
            sendingFitness.noteFailure(new NoClassDefFoundError("com/example/Compression"));
            renew(true);
        }
        sendingFitness.noteFailure(new NoClassDefFoundError("com/example/Compression"));
        renew(true);
        assertThat(sendingFitness.mustLeave()).isTrue();
        sendingFitness.noteLeft();
        assertThat(sendingFitness.whyAside()).contains("NoClassDefFoundError", "com/example/Compression");
    }

    @Test
    void oneErrorDoesNotNorDoExceptions() {
        sendingFitness.noteFailure(new NoClassDefFoundError("com/example/Compression"));
        for (int i = 0; i < 20; i++) {
            sendingFitness.noteFailure(new IllegalStateException("the database, say"));
            renew(true);
            assertThat(sendingFitness.mustLeave()).isFalse();
        }
    }

    @Test
    void whoeverSendsMayNotHear() {
        against = "refused";
        for (int i = 0; i < 5; i++) {
            renew(true);
        }
        assertThat(sendingFitness.mustLeave()).isTrue();
        assertThat(sendingFitness.isLeaveOverdue()).isFalse();
        pass(LEASE.plusSeconds(1));
        assertThat(sendingFitness.isLeaveOverdue()).isTrue();
    }

    private void leave() {
        against = "refused";
        for (int i = 0; i < 5; i++) {
            renew(true);
        }
        assertThat(sendingFitness.mustLeave()).isTrue();
        sendingFitness.noteLeft();
        against = null;
    }

    private void renew(boolean another) {
        var unused = sendingFitness.assess();
        sendingFitness.noteOthers(another);
        pass(RENEWAL);
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }
}
