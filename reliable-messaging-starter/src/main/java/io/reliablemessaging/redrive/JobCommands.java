package io.reliablemessaging.redrive;

import io.reliablemessaging.RedriveJob;
import io.reliablemessaging.RedriveJob.State;
import io.reliablemessaging.RedriveJobNotChangedException;
import io.reliablemessaging.RedriveJobs;
import io.reliablemessaging.RedriveRequest;
import io.reliablemessaging.deadletter.ChosenRedrive;
import io.reliablemessaging.operationlog.OperationLog;
import io.reliablemessaging.redrive.RedriveJobTable.NewJob;
import io.reliablemessaging.redrive.RedriveJobTable.Schedule;
import io.reliablemessaging.text.FailureText;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Carries out the commands of people and schedules on redrive jobs. */
final class JobCommands implements RedriveJobs {

    private static final int MOST_EXPECTED = 100_000;
    private static final int MOST_JOBS = 1_000;
    private static final int LONGEST_REASON = 4_096;
    private static final int LONGEST_WHO = 256;
    private static final String SCHEDULED = "Schedule '%s' was due";

    private final RedriveJobTable jobs;
    private final ChosenRedrive deadLetters;
    private final OperationLog log;
    private final JobSignal signal;

    JobCommands(RedriveJobTable jobs, ChosenRedrive deadLetters, OperationLog log, JobSignal signal) {
        this.jobs = jobs;
        this.deadLetters = deadLetters;
        this.log = log;
        this.signal = signal;
    }

    @Override
    public RedriveJob start(RedriveRequest request, String reason, String who) {
        OperationLog.requireReason(reason);
        OperationLog.requireWho(who);
        return start(request, reason, who, null)
                .orElseThrow(() ->
                        new IllegalStateException("PostgreSQL has returned no row for the job that it has stored"));
    }

    /**
     * Starts a job of a schedule, unless one was started for this time already, an earlier job of the schedule has not ended, or there is
     * no dead letter that matches.
     */
    Optional<RedriveJob> start(RedriveRequest request, Schedule schedule) {
        if (jobs.isUnfinished(schedule.name()) || deadLetters.count(request.query(), 1) == 0) {
            return Optional.empty();
        }
        String who = "schedule " + schedule.name();
        return start(request, SCHEDULED.formatted(schedule.name()), who, schedule);
    }

    private Optional<RedriveJob> start(RedriveRequest request, String reason, String who, @Nullable Schedule schedule) {
        Optional<RedriveJob> started = log.inTransaction(() -> {
            int expected = deadLetters.count(request.query(), MOST_EXPECTED);
            Optional<RedriveJob> job = jobs.insert(
                    new NewJob(
                            request,
                            FailureText.storable(reason, LONGEST_REASON),
                            FailureText.storable(who, LONGEST_WHO),
                            expected,
                            deadLetters.last()),
                    schedule);
            job.ifPresent(each -> log.note(who, "start redrive job", target(each.id()), reason));
            return job;
        });
        signal.wake();
        return started;
    }

    @Override
    public Optional<RedriveJob> get(long id) {
        return jobs.get(id);
    }

    @Override
    public List<RedriveJob> find(long before, int limit) {
        if (limit < 1 || limit > MOST_JOBS) {
            throw new IllegalArgumentException(
                    "A limit of %d jobs is out of bounds; it must be from 1 to %d".formatted(limit, MOST_JOBS));
        }
        return jobs.find(before, limit);
    }

    @Override
    public RedriveJob pause(long id, String reason, String who) {
        return change(id, State.PAUSED, new Note("pause redrive job", reason, who));
    }

    @Override
    public RedriveJob resume(long id, String reason, String who) {
        return change(id, State.RUNNING, new Note("resume redrive job", reason, who));
    }

    @Override
    public RedriveJob cancel(long id, String reason, String who) {
        return change(id, State.STOPPED, new Note("cancel redrive job", reason, who));
    }

    private record Note(String action, String reason, String who) {

        private Note {
            OperationLog.requireReason(reason);
            OperationLog.requireWho(who);
        }
    }

    private RedriveJob change(long id, State state, Note note) {
        @Nullable
        String stopReason = state == State.STOPPED
                ? FailureText.storable("cancelled by %s: %s".formatted(note.who(), note.reason()), LONGEST_REASON)
                : null;
        RedriveJob changed = log.inTransaction(() -> {
            if (!jobs.change(id, state, stopReason)) {
                throw new RedriveJobNotChangedException(jobs.get(id)
                        .map(job ->
                                "Redrive job %d was not changed: it is %s, and jobs that have ended stay as they are"
                                        .formatted(id, job.state()))
                        .orElseGet(
                                () -> "There is no redrive job %d. Jobs that have ended are forgotten after some time"
                                        .formatted(id)));
            }
            log.note(note.who(), note.action(), target(id), note.reason());
            return jobs.get(id).orElseThrow();
        });
        signal.wake();
        return changed;
    }

    private static String target(long job) {
        return "redrive job " + job;
    }
}
