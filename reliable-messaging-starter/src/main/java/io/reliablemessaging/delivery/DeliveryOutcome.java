package io.reliablemessaging.delivery;

import io.reliablemessaging.delivery.DeliveryAnswer.AwaitOutage;
import io.reliablemessaging.delivery.DeliveryAnswer.Finished;
import io.reliablemessaging.delivery.DeliveryAnswer.Missing;
import io.reliablemessaging.delivery.DeliveryAnswer.RetryAfter;
import io.reliablemessaging.delivery.FailurePipeline.Failed;
import io.reliablemessaging.wire.ReceivedMessage;
import java.time.Duration;

/** The outcome of a delivery: it reports itself to the log and to observers, and answers the consumer. */
sealed interface DeliveryOutcome {

    /** Writes the log line and tells observers. */
    void report(DeliveryReports deliveryReports, ReceivedMessage message);

    /** Returns what the consumer is to do. */
    DeliveryAnswer answer();

    /** The handler has returned and its transaction has committed. */
    record Handled(int attempt) implements DeliveryOutcome {
        @Override
        public void report(DeliveryReports deliveryReports, ReceivedMessage message) {
            deliveryReports.handled(message, attempt);
        }

        @Override
        public DeliveryAnswer answer() {
            return new Finished(true, false);
        }
    }

    /**
     * The group had taken charge of the message before.
     *
     * @param different whether it is another message with the same id
     */
    record Duplicate(boolean different) implements DeliveryOutcome {
        @Override
        public void report(DeliveryReports deliveryReports, ReceivedMessage message) {
            deliveryReports.duplicate(message, different);
        }

        @Override
        public DeliveryAnswer answer() {
            return new Finished(false, true);
        }
    }

    /** The message is parked behind an earlier one of its key. */
    record ParkedBehind() implements DeliveryOutcome {
        @Override
        public void report(DeliveryReports deliveryReports, ReceivedMessage message) {
            deliveryReports.behind(message);
        }

        @Override
        public DeliveryAnswer answer() {
            return new Finished(false, false);
        }
    }

    /** The handler failed. The message is parked and will be retried. */
    record Parked(Failed failed, Duration delay) implements DeliveryOutcome {
        @Override
        public void report(DeliveryReports deliveryReports, ReceivedMessage message) {
            deliveryReports.failed(failed, delay);
        }

        @Override
        public DeliveryAnswer answer() {
            return new Finished(failed.called(), false);
        }
    }

    /** The handler failed and will be retried; the message stays at the head of its partition. */
    record RetryInPlace(Failed failed, Duration delay) implements DeliveryOutcome {
        @Override
        public void report(DeliveryReports deliveryReports, ReceivedMessage message) {
            deliveryReports.failed(failed, delay);
        }

        @Override
        public DeliveryAnswer answer() {
            return new RetryAfter(delay, failed.called());
        }
    }

    /**
     * The message is a dead letter.
     *
     * @param attempts attempts that it has spent
     * @param reason why there is no further attempt
     */
    record DeadLettered(Failed failed, int attempts, String reason) implements DeliveryOutcome {
        @Override
        public void report(DeliveryReports deliveryReports, ReceivedMessage message) {
            deliveryReports.dead(failed, attempts, reason);
        }

        @Override
        public DeliveryAnswer answer() {
            return new Finished(attempts > 0, false);
        }
    }

    /** Nothing was done: the claim had passed to another instance. */
    record NoLongerOurs() implements DeliveryOutcome {
        @Override
        public void report(DeliveryReports deliveryReports, ReceivedMessage message) {}

        @Override
        public DeliveryAnswer answer() {
            return new Finished(false, false);
        }
    }

    /** Nothing was done. Only this message waits, for example for a lock that another transaction holds. */
    record Waits(Throwable cause, Duration delay) implements DeliveryOutcome {
        @Override
        public void report(DeliveryReports deliveryReports, ReceivedMessage message) {
            deliveryReports.waits(message, cause, delay);
        }

        @Override
        public DeliveryAnswer answer() {
            return new RetryAfter(delay, false);
        }
    }

    /** Nothing was done, because of an outage. */
    record Away(Missing missing, Throwable cause) implements DeliveryOutcome {
        @Override
        public void report(DeliveryReports deliveryReports, ReceivedMessage message) {}

        @Override
        public DeliveryAnswer answer() {
            return new AwaitOutage(missing, cause);
        }
    }
}
