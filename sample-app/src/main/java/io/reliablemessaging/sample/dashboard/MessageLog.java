package io.reliablemessaging.sample.dashboard;

import io.reliablemessaging.Delivery;
import io.reliablemessaging.MessagingObserver;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.springframework.stereotype.Component;

/** Remembers the latest failures of this instance, the newest first. */
@Component
class MessageLog implements MessagingObserver {

    static final int REMEMBERED = 100;

    private final Deque<Retry> retries = new ArrayDeque<>();
    private final Deque<DeadLetter> deadLetters = new ArrayDeque<>();

    /** A failed attempt, to be followed by another. */
    record Retry(String message, String group, int attempt, String cause, Instant failedAt, Instant nextAt) {}

    /** A message whose last attempt has failed. */
    record DeadLetter(String message, String topic, String group, int attempts, String cause, Instant diedAt) {}

    @Override
    public synchronized void failed(Delivery delivery, Throwable cause, Duration retryIn) {
        Instant now = Instant.now();
        addFirst(
                retries,
                new Retry(
                        delivery.id().toString(),
                        delivery.group(),
                        delivery.attempt(),
                        reason(cause),
                        now,
                        now.plus(retryIn)));
    }

    @Override
    public synchronized void dead(Delivery delivery, Throwable cause) {
        addFirst(
                deadLetters,
                new DeadLetter(
                        delivery.id().toString(),
                        delivery.topic(),
                        delivery.group(),
                        delivery.attempt(),
                        reason(cause),
                        Instant.now()));
    }

    synchronized List<Retry> retries() {
        return List.copyOf(retries);
    }

    synchronized List<DeadLetter> deadLetters() {
        return List.copyOf(deadLetters);
    }

    private static <T> void addFirst(Deque<T> entries, T entry) {
        entries.addFirst(entry);
        if (entries.size() > REMEMBERED) {
            entries.removeLast();
        }
    }

    private static String reason(Throwable cause) {
        return cause.getMessage() == null ? cause.getClass().getName() : cause.getMessage();
    }
}
