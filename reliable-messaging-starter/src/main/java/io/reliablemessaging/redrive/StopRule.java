package io.reliablemessaging.redrive;

import io.reliablemessaging.RedriveJob;
import io.reliablemessaging.RedriveRequest;
import io.reliablemessaging.RedriveRequest.Mode;
import java.util.Optional;

/**
 * Decides how far a job may go, by what has become of its messages. A canary redrives one, then ten more, then the rest, and each
 * step only after all before have succeeded; in the first two steps one failure stops it.
 */
final class StopRule {

    private static final int FIRST = 1;
    private static final int SECOND = FIRST + 10;

    private StopRule() {}

    /** Returns how many messages the job may have redriven in all now. */
    static long mostPicked(RedriveJob job) {
        if (job.request().mode() == Mode.ALL || job.succeeded() >= SECOND) {
            return Long.MAX_VALUE;
        }
        return job.succeeded() >= FIRST ? SECOND : FIRST;
    }

    /** Returns why the job must stop; empty if it may go on. */
    static Optional<String> whyStop(RedriveJob job) {
        RedriveRequest request = job.request();
        if (job.failed() == 0) {
            return Optional.empty();
        }
        if (request.mode() == Mode.CANARY && job.picked() <= SECOND) {
            return Optional.of(
                    "%d of the first %d redriven messages failed again".formatted(job.failed(), job.picked()));
        }
        long handled = job.succeeded() + job.failed();
        return request.stopAbove() != null && job.failed() > request.stopAbove() * handled
                ? Optional.of("%d of %d redriven messages failed again, a larger share than %s"
                        .formatted(job.failed(), handled, request.stopAbove()))
                : Optional.empty();
    }
}
