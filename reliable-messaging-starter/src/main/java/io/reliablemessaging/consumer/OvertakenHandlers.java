package io.reliablemessaging.consumer;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.consumer.RunningHandlers.LongRun;
import io.reliablemessaging.deadletter.ReceivedMessage;
import io.reliablemessaging.delivery.MessageText;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.springframework.dao.DataAccessException;

/**
 * Has the later messages go on without a handler that does not return, once the group has taken charge of its message without
 * it: a person has made the message a dead letter, or another instance has handled it. That its inbox row is committed means
 * that the handler's transaction is gone, so nothing that the handler still does can be committed. Its thread keeps its permit.
 *
 * <p>Asks only about handlers that have run for some seconds, with one statement a second for each topic.
 */
final class OvertakenHandlers {

    private static final Logger log = ReadableLogger.of(OvertakenHandlers.class);
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofSeconds(5);

    private final ConsumerParts parts;
    private final Executor threads;
    private volatile boolean stopped;

    OvertakenHandlers(ConsumerParts parts, Executor threads) {
        this.parts = parts;
        this.threads = threads;
    }

    /** Looks now and then, until it is stopped. */
    void start() {
        parts.timer().after(BETWEEN_LOOKS, () -> {
            if (!stopped) {
                if (parts.running().longerThan(LONG).isEmpty()) {
                    start();
                } else {
                    threads.execute(this::look);
                }
            }
        });
    }

    void stop() {
        stopped = true;
    }

    private void look() {
        try {
            parts.running().longerThan(LONG).stream()
                    .collect(
                            Collectors.groupingBy(run -> run.message().message().topic()))
                    .forEach(this::look);
        } catch (DataAccessException e) {
            log.debug("Whether handlers were overtaken is asked again later", e);
        } finally {
            start();
        }
    }

    private void look(String topic, List<LongRun> runs) {
        Set<MessageId> taken = parts.deliveries()
                .live()
                .taken(
                        topic,
                        runs.stream().map(run -> run.message().message().id()).toList());
        for (LongRun run : runs) {
            ReceivedMessage message = run.message();
            if (taken.contains(message.message().id()) && parts.running().abandon(run)) {
                log.warn(
                        "{}: its handler has not returned, and it was made a dead letter or handled elsewhere. Later messages go"
                                + " on. The handler's thread keeps its permit until it returns or this instance is stopped",
                        MessageText.of(parts.settings(), message));
            }
        }
    }
}
