package io.reliablemessaging.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.reliablemessaging.RedriveJob;

/** Counts what redrive jobs do, from the steps that this instance takes: each step is taken by one instance. */
final class RedriveMeters {

    private final Counter succeeded;
    private final Counter failed;
    private final Counter skipped;
    private final Counter done;
    private final Counter stopped;

    RedriveMeters(MeterRegistry registry) {
        this.succeeded = MessagingMetric.REDRIVE_OUTCOMES.counter(registry, "succeeded");
        this.failed = MessagingMetric.REDRIVE_OUTCOMES.counter(registry, "failed");
        this.skipped = MessagingMetric.REDRIVE_OUTCOMES.counter(registry, "skipped");
        this.done = MessagingMetric.REDRIVE_JOBS.counter(registry, "done");
        this.stopped = MessagingMetric.REDRIVE_JOBS.counter(registry, "stopped");
    }

    void progressed(RedriveJob before, RedriveJob after) {
        succeeded.increment((double) (after.succeeded() - before.succeeded()));
        failed.increment((double) (after.failed() - before.failed()));
        skipped.increment((double) (after.skipped() - before.skipped()));
        if (before.endedAt() == null && after.endedAt() != null) {
            (after.state() == RedriveJob.State.DONE ? done : stopped).increment();
        }
    }
}
