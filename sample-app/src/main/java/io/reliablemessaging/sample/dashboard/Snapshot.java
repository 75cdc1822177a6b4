package io.reliablemessaging.sample.dashboard;

import io.reliablemessaging.DeadLetter;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The content of the page; two snapshots are equal if nothing has happened in between. */
record Snapshot(
        Way way,
        @Nullable Demo demonstration,
        int maxAttempts,
        List<PlacedOrder> orders,
        List<MadeShipment> shipments,
        List<MessageLog.Retry> retries,
        List<DeadOrder> deadLetters) {

    /**
     * The way of the messages.
     *
     * @param waiting how many are committed but not on Kafka yet
     */
    record Way(MessageCounts.Passed passed, long waiting) {}

    /** The things that can be broken here, and that are broken now; the page has buttons for them. */
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
