package io.reliablemessaging.sample.dashboard;

import io.reliablemessaging.DeadLetter;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Everything that the page shows; two are equal if nothing has happened in between. */
record Snapshot(
        Way way,
        @Nullable Demo demonstration,
        int maxAttempts,
        List<PlacedOrder> orders,
        List<MadeShipment> shipments,
        List<MessageLog.Retry> retries,
        List<DeadOrder> deadLetters) {

    /**
     * The messages' way.
     *
     * @param waiting how many are committed and not on Kafka yet
     */
    record Way(MessageCounts.Passed passed, long waiting) {}

    /** What can be broken here, and is; the page has buttons for it. */
    record Demo(@Nullable Instant kafkaBackAt) {

        static @Nullable Demo of(@Nullable Demonstration demonstration) {
            return demonstration == null ? null : new Demo(demonstration.kafkaBackAt());
        }
    }

    record PlacedOrder(long id, String customer, String item, boolean poisoned, Instant placedAt) {}

    record MadeShipment(long id, long orderId, Instant shippedAt) {}

    /** A message whose last attempt has failed. */
    record DeadOrder(
            long id,
            String message,
            @Nullable String key,
            String group,
            int attempts,
            int redriven,
            @Nullable String cause,
            Instant diedAt) {

        static DeadOrder of(DeadLetter letter) {
            return new DeadOrder(
                    letter.id(),
                    letter.messageId().toString(),
                    letter.key(),
                    letter.group(),
                    letter.attempts(),
                    letter.redriven(),
                    letter.errorMessage(),
                    letter.changedAt());
        }
    }
}
