package io.reliablemessaging.actuate;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetter.State;
import io.reliablemessaging.DeadLetterNotChangedException;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.MessageEdit;
import io.reliablemessaging.actuate.EndpointRoute.Done;
import java.util.List;
import java.util.Locale;
import java.util.function.LongFunction;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Lists dead letters and the faults behind them, shows one, and has people decide about them. */
final class DeadLetterRoutes implements EndpointRoute.Group {

    private static final String ANY_STATE = "all";

    private final DeadLetters deadLetters;
    private final DeadLetterViews views;

    DeadLetterRoutes(DeadLetters deadLetters, DeadLetterViews views) {
        this.deadLetters = deadLetters;
        this.views = views;
    }

    @Override
    public List<EndpointRoute> routes() {
        return List.of(
                EndpointRoute.read("failure-groups", this::groups, DeadLetterFilter.and("state", "limit")),
                EndpointRoute.read("dead-letters", this::list, DeadLetterFilter.and("state", "after", "limit")),
                EndpointRoute.read("dead-letters/{id}", this::show),
                EndpointRoute.command("dead-letters/{id}/redrive", this::redrive),
                EndpointRoute.command("dead-letters/{id}/edit", this::edit, EditFields.names()),
                EndpointRoute.command("dead-letters/{id}/dry-run", this::dryRun, EditFields.names()),
                EndpointRoute.command("dead-letters/{id}/discard", this::discard),
                EndpointRoute.command("dead-letters/{id}/make-dead", this::makeDead),
                EndpointRoute.command(
                        "dead-letters/discard", this::discardAll, DeadLetterFilter.forCommand("expected")),
                EndpointRoute.command(
                        "dead-letters/make-dead", this::makeAllDead, DeadLetterFilter.forCommand("expected")));
    }

    private Object list(EndpointCall call) {
        int limit = call.limit();
        Long after = call.number("after");
        DeadLetterQuery query = DeadLetterFilter.read(call).state(state(call)).after(after == null ? 0 : after);
        return views.page(deadLetters.find(query.limit(limit)), limit);
    }

    private Object groups(EndpointCall call) {
        DeadLetterQuery query = DeadLetterFilter.read(call).state(state(call)).limit(call.limit());
        return new DeadLetterViews.Groups(deadLetters.groups(query));
    }

    private static @Nullable State state(EndpointCall call) {
        String given = call.text("state");
        if (given == null) {
            return State.DEAD;
        }
        return given.toLowerCase(Locale.ROOT).equals(ANY_STATE) ? null : call.choice("state", State.class);
    }

    private Object show(EndpointCall call) {
        return deadLetters.get(call.number()).map(views::details).orElseThrow(() -> unknown(call.number()));
    }

    private Object redrive(EndpointCall call) {
        return one(
                call,
                "is redriven: it is handled again as soon as possible",
                id -> deadLetters.redrive(id, call.reason(), call.who()));
    }

    private Object edit(EndpointCall call) {
        MessageEdit edit = EditFields.read(call);
        if (edit.isEmpty()) {
            throw EndpointProblem.badInput("Nothing is edited. Give at least one of %s, or redrive it as it is"
                    .formatted(List.of(EditFields.names())));
        }
        return one(
                call,
                "is edited: it is handled again as soon as possible",
                id -> deadLetters.editAndRedrive(id, edit, call.reason(), call.who()));
    }

    private Object dryRun(EndpointCall call) {
        MessageEdit edit = EditFields.read(call);
        return views.trial(existing(call, id -> deadLetters.dryRun(id, edit, call.reason(), call.who())));
    }

    private Object discard(EndpointCall call) {
        return one(call, "is discarded", id -> deadLetters.discard(id, call.reason(), call.who()));
    }

    private Object makeDead(EndpointCall call) {
        return one(call, "is a dead letter", id -> deadLetters.makeDead(id, call.reason(), call.who()));
    }

    private Object discardAll(EndpointCall call) {
        return many(call, State.DEAD, "discarded", query -> deadLetters.discard(query, call.reason(), call.who()));
    }

    private Object makeAllDead(EndpointCall call) {
        return many(
                call,
                State.WAITING,
                "made dead letters",
                query -> deadLetters.makeDead(query, call.reason(), call.who()));
    }

    private interface Decision {

        void apply(long id);
    }

    private Object one(EndpointCall call, String done, Decision decision) {
        return existing(call, id -> {
            decision.apply(id);
            return new Done(1, "Dead letter %d %s".formatted(id, done));
        });
    }

    private <T> T existing(EndpointCall call, LongFunction<T> command) {
        long id = call.number();
        try {
            return command.apply(id);
        } catch (DeadLetterNotChangedException e) {
            throw exists(id) ? e : unknown(id);
        }
    }

    /** Carries out a command for as many messages as the person has seen, and no more. */
    private Object many(EndpointCall call, State state, String done, ToIntFunction<DeadLetterQuery> decision) {
        DeadLetterQuery query = DeadLetterFilter.readForCommand(call).state(state);
        int expected = call.requiredInteger("expected");
        long found = deadLetters.count(query);
        if (found != expected) {
            throw EndpointProblem.wrongState(
                    "%d messages match, and 'expected' is %d, so nothing was changed. Look at them, and give the command with their number"
                            .formatted(found, expected));
        }
        int changed = expected == 0 ? 0 : decision.applyAsInt(query.limit(expected));
        return new Done(changed, "%d messages were %s".formatted(changed, done));
    }

    private boolean exists(long id) {
        List<DeadLetter> next =
                deadLetters.find(DeadLetterQuery.all().after(id - 1).limit(1));
        return !next.isEmpty() && next.get(0).id() == id;
    }

    private static EndpointProblem unknown(long id) {
        return EndpointProblem.notFound(
                "There is no dead letter %d: it was handled or discarded, or never existed".formatted(id));
    }
}
