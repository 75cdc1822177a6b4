package io.reliablemessaging.tracing;

import io.micrometer.observation.Observation;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.text.ReadableLogger;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/** A step of a message's way while it is observed. Exceptions of observers end here. */
public final class ObservedStep {

    private static final Logger log = ReadableLogger.of(MessageTracing.class);

    private static final Set<String> REPORTED = ConcurrentHashMap.newKeySet();

    /** A step that is not observed. */
    public static final ObservedStep NOTHING = new ObservedStep(null);

    private final @Nullable Observation observation;

    ObservedStep(@Nullable Observation observation) {
        this.observation = observation;
    }

    /** Adds the message's id. */
    public void message(MessageId id) {
        detail("messaging.message.id", id);
    }

    void detail(String name, Object value) {
        if (observation != null) {
            observation.highCardinalityKeyValue(name, value.toString());
        }
    }

    /** Runs the work of the step on this thread, so that observations inside become part of it. */
    public void run(Runnable work) {
        Observation.Scope scope = open();
        try {
            work.run();
        } finally {
            if (scope != null) {
                guarded(scope::close);
            }
        }
    }

    /**
     * Ends the step.
     *
     * @param failure why it failed; null if it did not
     */
    public void end(@Nullable Throwable failure) {
        Observation ending = observation;
        if (ending != null) {
            guarded(() -> {
                if (failure != null) {
                    ending.error(failure);
                }
                ending.stop();
            });
        }
    }

    private Observation.@Nullable Scope open() {
        try {
            return observation == null ? null : observation.openScope();
        } catch (RuntimeException | Error e) {
            failed(e);
            return null;
        }
    }

    private static void guarded(Runnable observing) {
        try {
            observing.run();
        } catch (RuntimeException | Error e) {
            failed(e);
        }
    }

    static void failed(Throwable thrown) {
        if (REPORTED.add(thrown.getClass().getName())) {
            log.warn(
                    "The traces of messages are incomplete; the messages are not affected. Further failures of this kind are logged at DEBUG",
                    thrown);
        } else {
            log.debug("The trace of a message is incomplete", thrown);
        }
    }
}
