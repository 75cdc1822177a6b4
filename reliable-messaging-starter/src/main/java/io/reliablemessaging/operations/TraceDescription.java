package io.reliablemessaging.operations;

import io.reliablemessaging.DeadLetterDetails.Action;
import io.reliablemessaging.MessageTrace.Handling;
import io.reliablemessaging.MessageTrace.Sending;
import io.reliablemessaging.broker.RecordSearch;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Describes in sentences where a message is. */
final class TraceDescription {

    private static final String NOTHING_WAITS =
            "Nothing of it waits here: if its transaction has committed, it was sent. ";

    private TraceDescription() {}

    /** Describes a message that neither the tables nor Kafka have. */
    static String notFound(RecordSearch.Result search) {
        if (search.problem() != null) {
            return NOTHING_WAITS + "Kafka could not be searched for it: " + search.problem();
        }
        if (search.topics().isEmpty()) {
            return NOTHING_WAITS + "This instance knows no topic on which to search for it";
        }
        return search.whole()
                ? ("Not known here: it does not wait in the outbox, no group of this application has taken charge of it, and"
                                + " none of the %d records on topics %s since its time has its id. Its transaction has not"
                                + " committed, or its topic has removed it")
                        .formatted(search.records(), search.topics())
                : NOTHING_WAITS
                        + "The first %d records on topics %s since its time do not have its id, and there are more"
                                .formatted(search.records(), search.topics());
    }

    static String describe(List<Sending> sending, List<Handling> handling) {
        return Stream.concat(
                        sending.stream().map(TraceDescription::describe),
                        handling.stream().map(TraceDescription::describe))
                .collect(Collectors.joining("; "));
    }

    private static String describe(Sending at) {
        return switch (at.stage()) {
            case DELAYED -> "to be sent to %s at %s".formatted(at.topic(), at.dueAt());
            case OUTBOX -> "in the outbox, to be sent to %s".formatted(at.topic());
            case QUARANTINE ->
                at.error() == null
                        ? "in quarantine for %s, behind another message of its key".formatted(at.topic())
                        : "in quarantine for %s: %s".formatted(at.topic(), at.error());
            case SENT ->
                at.offset() == null
                        ? "sent to %s".formatted(at.topic())
                        : "sent to %s, partition %d, offset %d".formatted(at.topic(), at.partition(), at.offset());
        };
    }

    private static String describe(Handling by) {
        String who = "%s (%s)".formatted(by.group(), by.topic());
        String of = by.maxAttempts() == null ? "" : " of " + by.maxAttempts();
        return switch (by.state()) {
            case AWAITED -> "not handled yet in %s, or forgotten since".formatted(who);
            case DONE -> "done in %s%s".formatted(who, afterwards(by.actions()));
            case PARKED -> "parked in %s after attempt %d%s".formatted(who, by.attempts(), of);
            case DEAD -> "dead letter in %s after attempt %d%s: %s".formatted(who, by.attempts(), of, by.error());
        };
    }

    private static String afterwards(List<Action> actions) {
        return actions.stream()
                .map(action -> ", after '%s' by %s at %s%s"
                        .formatted(
                                action.action(),
                                action.who(),
                                action.at(),
                                action.reason() == null ? "" : " (%s)".formatted(action.reason())))
                .collect(Collectors.joining());
    }
}
