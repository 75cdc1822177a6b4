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

/** Says what is wrong with a listener, by what it tells of itself. */
final class ListenerSigns {

    /** How what is away is called if it is our database. */
    static final String DATABASE = Listeners.DATABASE;

    private ListenerSigns() {}

    /**
     * Judges a listener.
     *
     * @param handlerLimit how long one of its handlers may run before that is a trouble
     */
    static List<Sign> of(Listener listener, Duration handlerLimit) {
        List<Sign> signs = new ArrayList<>();
        ofItsError(signs, listener);
        Outage outage = listener.waitsFor();
        if (outage != null) {
            signs.add(new Sign(
                    Kind.LISTENER_WAITS,
                    listener.id(),
                    "%s is waited for: %s".formatted(outage.what(), outage.cause()),
                    outage.since()));
        }
        RunningHandler longest = listener.longestHandler();
        if (longest != null && longest.duration().compareTo(handlerLimit) > 0) {
            signs.add(new Sign(
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
        if (limit != null) {
            signs.add(new Sign(Kind.READING_LIMITED, listener.id(), "it reads nothing more for now: " + limit));
        }
        return signs;
    }

    private static void ofItsError(List<Sign> signs, Listener listener) {
        if (listener.state() == Listener.State.FAILED) {
            signs.add(new Sign(
                    Kind.LISTENER_STOPPED,
                    listener.id(),
                    "%s has stopped it before its message; fix the cause and start it again. A record that can never be read can be left out with MessagingOperations.skip"
                            .formatted(listener.error())));
        } else if (listener.error() != null) {
            signs.add(new Sign(Kind.LISTENER_CANNOT_READ, listener.id(), listener.error()));
        }
    }
}
