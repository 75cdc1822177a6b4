package io.reliablemessaging.sample.dashboard;

import io.reliablemessaging.Delivery;
import io.reliablemessaging.MessagingObserver;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.springframework.stereotype.Component;

/** Remembers the latest failures in this instance that are tried again, the newest first. */
@Component
class MessageLog implements MessagingObserver {

    static final int REMEMBERED = 100;

    private final Deque<Retry> retries = new ArrayDeque<>();

    /** A failed attempt, to be followed by another. */
    record Retry(String message, String group, int attempt, String cause, Instant failedAt, Instant nextAt) {}

    @Override
    public synchronized void failed(Delivery delivery, Throwable cause, Duration retryIn) {
        Instant now = Instant.now();
        retries.addFirst(new Retry(
                delivery.id().toString(), delivery.group(), delivery.attempt(), reason(cause), now, now.plus(retryIn)));
        if (retries.size() > REMEMBERED) {
            retries.removeLast();
        }
    }

    synchronized List<Retry> retries() {
        return List.copyOf(retries);
    }

    private static String reason(Throwable cause) {
        return cause.getMessage() == null ? cause.getClass().getName() : cause.getMessage();
    }
}
