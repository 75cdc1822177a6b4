package io.reliablemessaging.redrive;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.RedriveJob;
import io.reliablemessaging.RedriveJob.State;
import io.reliablemessaging.RedriveRequest;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** How far a job may go, and when it must stop. */
class StopRuleTests {

    private static final RedriveRequest ALL = RedriveRequest.of(DeadLetterQuery.dead());
    private static final RedriveRequest CANARY = ALL.canary();

    @Test
    void withoutACanaryAllMayGoAtOnce() {
        assertThat(StopRule.mostPicked(job(ALL, 0, 0, 0))).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aCanaryGoesInThreeSteps() {
        assertThat(StopRule.mostPicked(job(CANARY, 0, 0, 0))).isEqualTo(1);
        assertThat(StopRule.mostPicked(job(CANARY, 1, 0, 0))).isEqualTo(1);
        assertThat(StopRule.mostPicked(job(CANARY, 1, 1, 0))).isEqualTo(11);
        assertThat(StopRule.mostPicked(job(CANARY, 11, 10, 0))).isEqualTo(11);
        assertThat(StopRule.mostPicked(job(CANARY, 11, 11, 0))).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void oneFailureStopsTheFirstStepsOfACanaryWhateverTheShare() {
        assertThat(StopRule.whyStop(job(CANARY.stopAbove(1.0), 11, 5, 1)))
                .hasValue("1 of the first 11 redriven messages failed again");
    }

    @Test
    void theRestStopsOnlyAboveTheShare() {
        assertThat(StopRule.whyStop(job(CANARY, 100, 90, 10))).isEmpty();
        assertThat(StopRule.whyStop(job(CANARY, 100, 89, 11))).isPresent();
        assertThat(StopRule.whyStop(job(ALL.stopAbove(0.0), 100, 99, 1))).isPresent();
    }

    @Test
    void withoutAShareNothingStopsIt() {
        assertThat(StopRule.whyStop(job(ALL, 100, 0, 100))).isEmpty();
    }

    private static RedriveJob job(RedriveRequest request, long picked, long succeeded, long failed) {
        return new RedriveJob(
                1,
                Instant.EPOCH,
                "olive",
                "a test",
                request,
                null,
                State.RUNNING,
                100,
                picked,
                succeeded,
                failed,
                0,
                null,
                null,
                null);
    }
}
