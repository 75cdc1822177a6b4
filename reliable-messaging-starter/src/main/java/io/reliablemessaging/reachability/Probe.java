package io.reliablemessaging.reachability;

import io.reliablemessaging.reachability.AvailabilityQuestion.Answer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks one server whether it answers: soon after a suspicion, and now and then without one, because some clients wait
 * silently. An outage needs two signs that agree: a suspicion and an unanswered question, or two unanswered questions. Its
 * {@link #tick} never blocks.
 */
final class Probe {

    private static final long SOON_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long NOW_AND_THEN_NANOS = Duration.ofSeconds(5).toNanos();
    private static final long PATIENCE_NANOS = Duration.ofSeconds(6).toNanos();

    private final Reachability state;
    private final AvailabilityQuestion availabilityQuestion;
    private final Executor threads;
    private final LongSupplier nanoTime;
    private final InstantSource clock;
    private final OutageLog log;
    private boolean asking;
    private boolean askingOtherwise;
    private long number;
    private long since;
    private @Nullable Instant suspectedAt;

    Probe(
            Reachability state,
            AvailabilityQuestion availabilityQuestion,
            Executor threads,
            LongSupplier nanoTime,
            InstantSource clock,
            OutageLog log) {
        this.state = state;
        this.availabilityQuestion = availabilityQuestion;
        this.threads = threads;
        this.nanoTime = nanoTime;
        this.clock = clock;
        this.log = log;
        this.since = nanoTime.getAsLong() - NOW_AND_THEN_NANOS;
    }

    /** Does what is due: asks, gives up waiting, logs. Call it about twice a second. */
    synchronized void tick() {
        if (state.isSuspected() && suspectedAt == null) {
            suspectedAt = clock.instant();
        }
        long waited = nanoTime.getAsLong() - since;
        if (asking) {
            if (waited > PATIENCE_NANOS && (state.isSuspected() || availabilityQuestion.meansSilence())) {
                handleMissingAnswer(waited);
            }
        } else if (isDue(waited)) {
            asking = true;
            askingOtherwise = false;
            number++;
            since = nanoTime.getAsLong();
            state.noteQuestion();
            threads.execute(this::ask);
        }
        log.tick(state, availabilityQuestion.where());
    }

    private void handleMissingAnswer(long waited) {
        String cause = "no answer within %d s"
                .formatted(Duration.ofNanos(PATIENCE_NANOS).toSeconds());
        if (!askingOtherwise) {
            askingOtherwise = true;
            long unanswered = number;
            threads.execute(() -> askOtherwise(unanswered, cause));
        } else if (waited > 2 * PATIENCE_NANOS) {
            noteSilence(cause);
        }
    }

    private void askOtherwise(long unanswered, String cause) {
        Answer answer = new Answer.Unknown("the question has failed");
        try {
            answer = availabilityQuestion.askOtherwise(cause);
        } catch (Throwable t) { // for example an Error of a driver
            answer = new Answer.Unknown(t.toString());
        } finally {
            takeOther(unanswered, answer, cause);
        }
    }

    private synchronized void takeOther(long unanswered, Answer answer, String cause) {
        if (!asking || number != unanswered) {
            return;
        }
        // the first question goes on; if it lasts as long again, this one is asked again
        askingOtherwise = false;
        since = nanoTime.getAsLong();
        if (!takeIfThere(answer)) {
            noteSilence(answer instanceof Answer.Silent silent ? silent.cause() : cause);
        }
    }

    private boolean isDue(long waited) {
        if (state.isSuspected() || state.isAway() || state.refusal().isPresent()) {
            return waited >= SOON_NANOS;
        }
        return state.isWatched() && Math.min(waited, state.sinceItWorked()) >= NOW_AND_THEN_NANOS;
    }

    private void ask() {
        Answer answer = new Answer.Unknown("the question has failed");
        try {
            answer = availabilityQuestion.ask();
        } catch (Throwable t) { // for example an Error of a driver
            answer = new Answer.Unknown(t.toString());
        } finally {
            take(answer);
        }
    }

    private synchronized void take(Answer answer) {
        asking = false;
        since = nanoTime.getAsLong();
        if (!takeIfThere(answer) && answer instanceof Answer.Silent silent) {
            if (state.isSuspected()) {
                noteSilence(silent.cause());
            } else {
                state.suspect(); // so it is asked a second time
                suspectedAt = clock.instant();
            }
        }
    }

    private boolean takeIfThere(Answer answer) {
        if (answer instanceof Answer.There) {
            state.noteAnswer();
        } else if (answer instanceof Answer.Refused refused) {
            state.noteRefusal(refused.what());
        } else {
            return false;
        }
        suspectedAt = null;
        return true;
    }

    private void noteSilence(String cause) {
        state.suspect();
        if (!state.isAway()) {
            state.noteOutage(suspectedAt == null ? clock.instant() : suspectedAt, cause);
        }
    }

    void close() {
        availabilityQuestion.close();
    }
}
