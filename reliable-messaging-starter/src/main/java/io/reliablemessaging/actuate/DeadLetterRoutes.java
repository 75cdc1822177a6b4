package io.reliablemessaging.actuate;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetter.State;
import io.reliablemessaging.DeadLetterNotChangedException;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.actuate.EndpointRoute.Done;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Lists dead letters, shows one, and has people decide about them. */
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
                EndpointRoute.read("dead-letters", this::list, DeadLetterFilter.and("state", "after", "limit")),
                EndpointRoute.read("dead-letters/{id}", this::show),
                EndpointRoute.command("dead-letters/{id}/redrive", this::redrive),
                EndpointRoute.command("dead-letters/{id}/edit", this::edit, "payload", "payloadBase64"),
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
                id -> deadLetters.redrive(id, call.who()));
    }

    private Object edit(EndpointCall call) {
        byte[] payload = payload(call);
        return one(
                call,
                "has another payload, and is handled again as soon as possible",
                id -> deadLetters.editAndRedrive(id, payload, call.who()));
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
        long id = call.number();
        try {
            decision.apply(id);
        } catch (DeadLetterNotChangedException e) {
            throw exists(id) ? e : unknown(id);
        }
        return new Done(1, "Dead letter %d %s".formatted(id, done));
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

    private static byte[] payload(EndpointCall call) {
        String text = call.text("payload");
        String base64 = call.text("payloadBase64");
        if ((text == null) == (base64 == null)) {
            throw EndpointProblem.badInput(
                    "Give the new payload as text in 'payload', or as bytes in 'payloadBase64', one of them");
        }
        if (text != null) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw EndpointProblem.badInput("'payloadBase64' is no Base64");
        }
    }

    private static EndpointProblem unknown(long id) {
        return EndpointProblem.notFound(
                "There is no dead letter %d: it was handled or discarded, or never existed".formatted(id));
    }
}
