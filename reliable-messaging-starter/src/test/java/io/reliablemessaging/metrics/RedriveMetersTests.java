package io.reliablemessaging.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.RedriveJob;
import io.reliablemessaging.RedriveJob.State;
import io.reliablemessaging.RedriveRequest;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What is counted of the steps of redrive jobs. */
class RedriveMetersTests {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final RedriveMeters meters = new RedriveMeters(registry);

    @Test
    void countsWhatEachStepAdds() {
        meters.progressed(job(State.RUNNING, 0, 0, 0), job(State.RUNNING, 5, 1, 2));
        meters.progressed(job(State.RUNNING, 5, 1, 2), job(State.RUNNING, 8, 1, 3));
        assertThat(count("redrive.messages", "succeeded")).isEqualTo(8);
        assertThat(count("redrive.messages", "failed")).isEqualTo(1);
        assertThat(count("redrive.messages", "skipped")).isEqualTo(3);
        assertThat(count("redrive.jobs", "done")).isZero();
    }

    @Test
    void countsAJobOnceWhenItEnds() {
        meters.progressed(job(State.RUNNING, 1, 0, 0), job(State.DONE, 2, 0, 0));
        meters.progressed(job(State.RUNNING, 1, 0, 0), job(State.STOPPED, 1, 1, 0));
        meters.progressed(job(State.STOPPED, 1, 1, 0), job(State.STOPPED, 2, 1, 0));
        assertThat(count("redrive.jobs", "done")).isEqualTo(1);
        assertThat(count("redrive.jobs", "stopped")).isEqualTo(1);
    }

    private double count(String name, String outcome) {
        return registry.get(MessagingMetric.PREFIX + name)
                .tag("outcome", outcome)
                .counter()
                .count();
    }

    private static RedriveJob job(State state, long succeeded, long failed, long skipped) {
        boolean ended = state == State.DONE || state == State.STOPPED;
        return new RedriveJob(
                1,
                Instant.EPOCH,
                "olive",
                "a test",
                RedriveRequest.of(DeadLetterQuery.dead()),
                null,
                state,
                10,
                10,
                succeeded,
                failed,
                skipped,
                null,
                null,
                ended ? Instant.EPOCH : null);
    }
}
