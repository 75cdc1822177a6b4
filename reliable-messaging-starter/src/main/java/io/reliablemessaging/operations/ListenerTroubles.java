package io.reliablemessaging.operations;

import io.reliablemessaging.MessagingSnapshot.Listener;
import io.reliablemessaging.MessagingSnapshot.Listener.Outage;
import io.reliablemessaging.MessagingSnapshot.Listener.RunningHandler;
import io.reliablemessaging.Trouble.Kind;
import io.reliablemessaging.listener.Listeners;
import io.reliablemessaging.text.DurationText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Finds out what is wrong with a listener from its own report. */
final class ListenerTroubles {

    private ListenerTroubles() {}

    /**
     * Derives the troubles of a listener.
     *
     * @param handlerLimit time after which a running handler is a trouble
     * @param databaseIsReported whether the outage of the database is a trouble of its own, which explains that a listener waits for it
     */
    static List<ObservedTrouble> of(Listener listener, Duration handlerLimit, boolean databaseIsReported) {
        List<ObservedTrouble> signs = new ArrayList<>();
        addError(signs, listener);
        boolean isPaused = listener.pause() != null; // then it waits because a person wants it to
        Outage outage = listener.waitsFor();
        if (outage != null && !isPaused && !(databaseIsReported && outage.what().equals(Listeners.DATABASE))) {
            signs.add(new ObservedTrouble(
                    Kind.LISTENER_WAITS,
                    listener.id(),
                    "%s is away, so its messages wait: %s".formatted(outage.what(), outage.cause()),
                    outage.since()));
        }
        RunningHandler longest = listener.longestHandler();
        if (longest != null && longest.duration().compareTo(handlerLimit) > 0) {
            signs.add(new ObservedTrouble(
                    Kind.HANDLER_RUNS_LONG,
                    listener.id(),
                    "handler of listener %s runs for %s at message %s (%s)"
                            .formatted(
                                    listener.id(),
                                    DurationText.of(longest.duration()),
                                    longest.message(),
                                    longest.place())));
        }
        String limit = listener.readingLimit();
        if (limit != null && !isPaused) {
            signs.add(new ObservedTrouble(
                    Kind.READING_LIMITED, listener.id(), "it reads nothing more for now: " + limit));
        }
        return signs;
    }

    private static void addError(List<ObservedTrouble> signs, Listener listener) {
        if (listener.state() == Listener.State.FAILED) {
            signs.add(new ObservedTrouble(
                    Kind.LISTENER_STOPPED,
                    listener.id(),
                    "%s has stopped it before its message; fix the cause and start it again. To leave out a record that can never be read, call MessagingOperations.skip"
                            .formatted(listener.error())));
        } else if (listener.error() != null) {
            signs.add(new ObservedTrouble(Kind.LISTENER_CANNOT_READ, listener.id(), listener.error()));
        }
    }
}
