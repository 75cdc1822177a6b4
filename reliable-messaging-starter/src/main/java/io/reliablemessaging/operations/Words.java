package io.reliablemessaging.operations;

import io.reliablemessaging.MessageTrace.Handling;
import io.reliablemessaging.MessageTrace.Sending;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Says in words where a message is. */
final class Words {

    private static final String UNKNOWN =
            "Not known here: it is not in the outbox, and no group of this application has"
                    + " taken charge of it. It was never committed, or it has been sent and not been handled yet,"
                    + " or all of that is longer ago than outbox.retention and inbox.retention";

    private Words() {}

    static String of(List<Sending> sending, List<Handling> handling) {
        if (sending.isEmpty() && handling.isEmpty()) {
            return UNKNOWN;
        }
        return Stream.concat(sending.stream().map(Words::of), handling.stream().map(Words::of))
                .collect(Collectors.joining("; "));
    }

    private static String of(Sending at) {
        return switch (at.stage()) {
            case DELAYED -> "to be sent to %s at %s".formatted(at.topic(), at.dueAt());
            case OUTBOX -> "in the outbox, to be sent to %s".formatted(at.topic());
            case QUARANTINE ->
                at.error() == null
                        ? "in quarantine for %s, behind another of its key".formatted(at.topic())
                        : "in quarantine for %s: %s".formatted(at.topic(), at.error());
            case SENT ->
                at.offset() == null
                        ? "sent to %s".formatted(at.topic())
                        : "sent to %s, partition %d, offset %d".formatted(at.topic(), at.partition(), at.offset());
        };
    }

    private static String of(Handling by) {
        String who = "%s (%s)".formatted(by.group(), by.topic());
        String of = by.maxAttempts() == null ? "" : " of " + by.maxAttempts();
        return switch (by.state()) {
            case AWAITED -> "not handled yet in %s, or forgotten since".formatted(who);
            case DONE -> "done in %s".formatted(who);
            case PARKED -> "parked in %s after attempt %d%s".formatted(who, by.attempts(), of);
            case DEAD -> "dead in %s after attempt %d%s: %s".formatted(who, by.attempts(), of, by.error());
        };
    }
}
