package io.reliablemessaging.sample.dashboard;

import io.reliablemessaging.Delivery;
import io.reliablemessaging.MessagingObserver;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Remembers the latest messages that failed in this instance, the newest first, and how each of them ended. */
@Component
class MessageLog implements MessagingObserver {

    static final int REMEMBERED = 100;

    private final Deque<Retry> retries = new ArrayDeque<>();

    /** The end of a message that had failed. */
    enum Ending {
        HANDLED,
        DEAD,
        HANDLED_AFTER_REDRIVE
    }

    /**
     * A message whose handler has failed in a group.
     *
     * @param attempts failures until now; counted anew after a redrive
     * @param nextAt when it is tried next; null if it has ended
     * @param ending how it ended; null while it is retried
     */
    record Retry(
            String message,
            String group,
            int attempts,
            String cause,
            Instant failedAt,
            @Nullable Instant nextAt,
            @Nullable Ending ending) {

        private boolean isOf(Delivery delivery) {
            return message.equals(delivery.id().toString()) && group.equals(delivery.group());
        }

        private Retry ended(int allAttempts, Ending how) {
            return new Retry(message, group, allAttempts, cause, Instant.now(), null, how);
        }

        private Retry handled() {
            return ended(attempts, ending == Ending.DEAD ? Ending.HANDLED_AFTER_REDRIVE : Ending.HANDLED);
        }
    }

    @Override
    public synchronized void failed(Delivery delivery, Throwable cause, Duration retryIn) {
        Instant now = Instant.now();
        retries.removeIf(retry -> retry.isOf(delivery));
        retries.addFirst(new Retry(
                delivery.id().toString(),
                delivery.group(),
                delivery.attempt(),
                reason(cause),
                now,
                now.plus(retryIn),
                null));
        if (retries.size() > REMEMBERED) {
            retries.removeLast();
        }
    }

    @Override
    public synchronized void handled(Delivery delivery) {
        change(delivery, Retry::handled);
    }

    @Override
    public synchronized void dead(Delivery delivery, Throwable cause) {
        change(delivery, retry -> retry.ended(delivery.attempt(), Ending.DEAD));
    }

    synchronized List<Retry> retries() {
        return List.copyOf(retries);
    }

    private void change(Delivery delivery, UnaryOperator<Retry> how) {
        List<Retry> changed = retries.stream()
                .map(retry -> retry.isOf(delivery) ? how.apply(retry) : retry)
                .toList();
        retries.clear();
        retries.addAll(changed);
    }

    private static String reason(Throwable cause) {
        return cause.getMessage() == null ? cause.getClass().getName() : cause.getMessage();
    }
}
