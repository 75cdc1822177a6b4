package io.reliablemessaging.delivery;

import io.reliablemessaging.deadletter.ReceivedMessage;
import io.reliablemessaging.delivery.Answer.AwaitOutage;
import io.reliablemessaging.delivery.Answer.Finished;
import io.reliablemessaging.delivery.Answer.Missing;
import io.reliablemessaging.delivery.Answer.RetryAfter;
import io.reliablemessaging.delivery.FailurePipeline.Failed;
import java.time.Duration;

/** The outcome of a delivery: it reports itself to the log and to observers, and answers the consumer. */
sealed interface Outcome {

    /** Writes the log line and tells observers. */
    void report(Reports reports, ReceivedMessage message);

    /** Returns what the consumer is to do. */
    Answer answer();

    /** The handler has returned and its transaction has committed. */
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
     * The group had taken charge of the message before.
     *
     * @param different whether it is another message with the same id
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

    /** The message is parked behind an earlier one of its key. */
    record ParkedBehind() implements Outcome {
        @Override
        public void report(Reports reports, ReceivedMessage message) {
            reports.behind(message);
        }

        @Override
        public Answer answer() {
            return new Finished(false, false);
        }
    }

    /** The handler failed. The message is parked and will be retried. */
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

    /** The handler failed and will be retried; the message stays at the head of its partition. */
    record RetryInPlace(Failed failed, Duration delay) implements Outcome {
        @Override
        public void report(Reports reports, ReceivedMessage message) {
            reports.failed(failed, delay);
        }

        @Override
        public Answer answer() {
            return new RetryAfter(delay, failed.called());
        }
    }

    /**
     * The message is a dead letter.
     *
     * @param attempts attempts that it has spent
     * @param reason why there is no further attempt
     */
    record DeadLettered(Failed failed, int attempts, String reason) implements Outcome {
        @Override
        public void report(Reports reports, ReceivedMessage message) {
            reports.dead(failed, attempts, reason);
        }

        @Override
        public Answer answer() {
            return new Finished(attempts > 0, false);
        }
    }

    /** Nothing was done: the claim had passed to another instance. */
    record NoLongerOurs() implements Outcome {
        @Override
        public void report(Reports reports, ReceivedMessage message) {}

        @Override
        public Answer answer() {
            return new Finished(false, false);
        }
    }

    /** Nothing was done. Only this message waits, for example for a lock that another transaction holds. */
    record Waits(Throwable cause, Duration delay) implements Outcome {
        @Override
        public void report(Reports reports, ReceivedMessage message) {
            reports.waits(message, cause, delay);
        }

        @Override
        public Answer answer() {
            return new RetryAfter(delay, false);
        }
    }

    /** Nothing was done, because of an outage. */
    record Away(Missing missing, Throwable cause) implements Outcome {
        @Override
        public void report(Reports reports, ReceivedMessage message) {}

        @Override
        public Answer answer() {
            return new AwaitOutage(missing, cause);
        }
    }
}
