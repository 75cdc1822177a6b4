package io.reliablemessaging.delivery;

import io.reliablemessaging.deadletter.ReceivedMessage;
import io.reliablemessaging.delivery.Answer.AgainAfter;
import io.reliablemessaging.delivery.Answer.Finished;
import io.reliablemessaging.delivery.Answer.Held;
import io.reliablemessaging.delivery.Answer.Missing;
import io.reliablemessaging.delivery.FailurePipeline.Failed;
import java.time.Duration;

/** How a delivery ended: it tells those who watch, and answers the consumer. */
sealed interface Outcome {

    /** Tells log and observers. */
    void report(Reports reports, ReceivedMessage message);

    /** What the consumer is to do. */
    Answer answer();

    /** The handler's transaction has committed. */
    record Handled(int attempt) implements Outcome {
        @Override
        public void report(Reports reports, ReceivedMessage message) {
            reports.handled(message, attempt);
        }

        @Override
        public Answer answer() {
            return new Finished(true, false);
        }
    }

    /**
     * The group had taken charge of it before.
     *
     * @param different whether it is not the message that had this id before
     */
    record Duplicate(boolean different) implements Outcome {
        @Override
        public void report(Reports reports, ReceivedMessage message) {
            reports.duplicate(message, different);
        }

        @Override
        public Answer answer() {
            return new Finished(false, true);
        }
    }

    /** It is parked behind an earlier message of its key. */
    record Behind() implements Outcome {
        @Override
        public void report(Reports reports, ReceivedMessage message) {
            reports.behind(message);
        }

        @Override
        public Answer answer() {
            return new Finished(false, false);
        }
    }

    /** It is parked: the handler failed and will be called again. */
    record Parked(Failed failed, Duration delay) implements Outcome {
        @Override
        public void report(Reports reports, ReceivedMessage message) {
            reports.failed(failed, delay);
        }

        @Override
        public Answer answer() {
            return new Finished(failed.called(), false);
        }
    }

    /** The handler failed and will be called again; the message stays at the head of its partition. */
    record KeptInPlace(Failed failed, Duration delay) implements Outcome {
        @Override
        public void report(Reports reports, ReceivedMessage message) {
            reports.failed(failed, delay);
        }

        @Override
        public Answer answer() {
            return new AgainAfter(delay, failed.called());
        }
    }

    /**
     * It is a dead letter.
     *
     * @param attempts what it has spent
     * @param reason why there is no further attempt
     */
    record Dead(Failed failed, int attempts, String reason) implements Outcome {
        @Override
        public void report(Reports reports, ReceivedMessage message) {
            reports.dead(failed, attempts, reason);
        }

        @Override
        public Answer answer() {
            return new Finished(attempts > 0, false);
        }
    }

    /** Nothing was done: it was somebody else's by then. */
    record NotOurs() implements Outcome {
        @Override
        public void report(Reports reports, ReceivedMessage message) {}

        @Override
        public Answer answer() {
            return new Finished(false, false);
        }
    }

    /** Nothing was done; only this message waits: for a lock that somebody holds, for example. */
    record Waits(Throwable cause, Duration delay) implements Outcome {
        @Override
        public void report(Reports reports, ReceivedMessage message) {
            reports.waits(message, cause, delay);
        }

        @Override
        public Answer answer() {
            return new AgainAfter(delay, false);
        }
    }

    /** Nothing was done: something is away. */
    record Away(Missing missing, Throwable cause) implements Outcome {
        @Override
        public void report(Reports reports, ReceivedMessage message) {}

        @Override
        public Answer answer() {
            return new Held(missing, cause);
        }
    }
}
