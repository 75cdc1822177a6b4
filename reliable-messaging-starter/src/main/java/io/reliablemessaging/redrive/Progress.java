package io.reliablemessaging.redrive;

import io.reliablemessaging.RedriveJob;
import io.reliablemessaging.RedriveJob.State;
import io.reliablemessaging.redrive.RedriveJobTable.Due;
import org.jspecify.annotations.Nullable;

/** What one step changes of a job. Is stored at the end of the step, in its transaction. */
final class Progress {

    private final RedriveJob before;
    private final long last;
    private State state;
    private int picked;
    private int succeeded;
    private int failed;
    private int skipped;
    private long position;
    private @Nullable String stopReason;
    private @Nullable String stoppedBy;

    Progress(Due due) {
        this.before = due.job();
        this.last = due.lastId();
        this.state = before.state();
        this.position = due.position();
        this.stopReason = before.stopReason();
        this.stoppedBy = before.stoppedBy();
    }

    void succeeded(int messages) {
        succeeded += messages;
    }

    void failed(int messages) {
        failed += messages;
    }

    void skipped(int messages) {
        skipped += messages;
    }

    void picked(int messages) {
        picked += messages;
    }

    /** Notes that all dead letters up to this one were looked at. */
    void lookedAt(long id) {
        position = id;
    }

    /** Notes that the job looks at no further dead letter. */
    void lookedAtAll() {
        position = last;
    }

    void stop(String reason, @Nullable String fingerprint) {
        state = State.STOPPED;
        stopReason = reason;
        stoppedBy = fingerprint;
    }

    void done() {
        state = State.DONE;
    }

    boolean isRunning() {
        return state == State.RUNNING;
    }

    /** Whether there are dead letters that the job has not looked at. */
    boolean mayPick() {
        return position < last;
    }

    /** Whether the step has counted anything or has changed the state. */
    boolean hasChanged() {
        return picked + succeeded + failed + skipped > 0 || state != before.state();
    }

    /** Returns the number of the job. */
    long job() {
        return before.id();
    }

    long position() {
        return position;
    }

    /** Returns how many messages the step has redriven. */
    int picked() {
        return picked;
    }

    /** Returns how many messages the step has left out. */
    int skippedNow() {
        return skipped;
    }

    RedriveJob before() {
        return before;
    }

    /** Returns the job as it is with what the step has done so far; if the step ends it, the time of its end is still missing. */
    RedriveJob after() {
        return new RedriveJob(
                before.id(),
                before.createdAt(),
                before.who(),
                before.reason(),
                before.request(),
                before.schedule(),
                state,
                before.expected(),
                before.picked() + picked,
                before.succeeded() + succeeded,
                before.failed() + failed,
                before.skipped() + skipped,
                stopReason,
                stoppedBy,
                before.endedAt());
    }
}
