package io.reliablemessaging.actuate;

import io.reliablemessaging.RedriveJob;
import io.reliablemessaging.RedriveJobNotChangedException;
import io.reliablemessaging.RedriveJobs;
import io.reliablemessaging.RedriveRequest;
import io.reliablemessaging.RedriveRequest.Mode;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Starts redrive jobs, lists and shows them, and has people pause, resume and cancel them. */
final class RedriveJobRoutes implements EndpointRoute.Group {

    private static final String NONE = "none";

    private final RedriveJobs jobs;
    private final boolean showContent;

    RedriveJobRoutes(RedriveJobs jobs, boolean showContent) {
        this.jobs = jobs;
        this.showContent = showContent;
    }

    /** A page of jobs; {@code next} is the value of {@code before} for the next page, null if this is the last one. */
    record Page(List<Job> jobs, @Nullable Long next) {}

    /** A job; the components are those of {@link RedriveJob} and {@link RedriveRequest}. */
    record Job(
            long id,
            RedriveJob.State state,
            Map<String, Object> filter,
            Mode mode,
            @Nullable Integer perSecond,
            @Nullable Double stopAbove,
            @Nullable Integer mostRounds,
            Instant createdAt,
            String who,
            String reason,
            @Nullable String schedule,
            int expected,
            long picked,
            long succeeded,
            long failed,
            long skipped,
            long open,
            @Nullable String stopReason,
            @Nullable String stoppedBy,
            @Nullable Instant endedAt) {}

    @Override
    public List<EndpointRoute> routes() {
        return List.of(
                EndpointRoute.read("redrive-jobs", this::list, "before", "limit"),
                EndpointRoute.read("redrive-jobs/{id}", this::show),
                EndpointRoute.command(
                                "redrive-jobs",
                                this::start,
                                DeadLetterFilter.forCommand("mode", "perSecond", "stopAbove", "mostRounds"))
                        .creating(),
                EndpointRoute.command("redrive-jobs/{id}/pause", call -> change(call, jobs::pause)),
                EndpointRoute.command("redrive-jobs/{id}/resume", call -> change(call, jobs::resume)),
                EndpointRoute.command("redrive-jobs/{id}/cancel", call -> change(call, jobs::cancel)));
    }

    private Object list(EndpointCall call) {
        int limit = call.limit();
        Long before = call.number("before");
        List<Job> found = jobs.find(before == null ? Long.MAX_VALUE : before, limit).stream()
                .map(this::shown)
                .toList();
        return new Page(
                found, found.size() < limit ? null : found.get(found.size() - 1).id());
    }

    private Object show(EndpointCall call) {
        return jobs.get(call.number()).map(this::shown).orElseThrow(() -> unknown(call.number()));
    }

    private Object start(EndpointCall call) {
        return shown(jobs.start(request(call), call.reason(), call.who()));
    }

    private static RedriveRequest request(EndpointCall call) {
        RedriveRequest request = RedriveRequest.of(DeadLetterFilter.readForCommand(call));
        if (call.choice("mode", Mode.class) == Mode.CANARY) {
            request = request.canary();
        }
        if (call.text("stopAbove") != null) {
            request = request.stopAbove(isNone(call, "stopAbove") ? null : call.decimal("stopAbove"));
        }
        if (call.text("mostRounds") != null) {
            request = request.mostRounds(isNone(call, "mostRounds") ? null : call.integer("mostRounds"));
        }
        return request.perSecond(call.integer("perSecond"));
    }

    private static boolean isNone(EndpointCall call, String field) {
        return NONE.equals(call.text(field));
    }

    private interface Command {

        RedriveJob apply(long id, String reason, String who);
    }

    private Object change(EndpointCall call, Command command) {
        long id = call.number();
        try {
            return shown(command.apply(id, call.reason(), call.who()));
        } catch (RedriveJobNotChangedException e) {
            throw jobs.get(id).isPresent() ? e : unknown(id);
        }
    }

    private Job shown(RedriveJob job) {
        RedriveRequest request = job.request();
        return new Job(
                job.id(),
                job.state(),
                DeadLetterFilter.shown(request.query(), showContent),
                request.mode(),
                request.perSecond(),
                request.stopAbove(),
                request.mostRounds(),
                job.createdAt(),
                job.who(),
                job.reason(),
                job.schedule(),
                job.expected(),
                job.picked(),
                job.succeeded(),
                job.failed(),
                job.skipped(),
                job.open(),
                job.stopReason(),
                job.stoppedBy(),
                job.endedAt());
    }

    private static EndpointProblem unknown(long id) {
        return EndpointProblem.notFound(
                "There is no redrive job %d. Jobs that have ended are forgotten after some time".formatted(id));
    }
}
