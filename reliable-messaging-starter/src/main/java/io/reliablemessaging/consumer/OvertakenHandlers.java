package io.reliablemessaging.consumer;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.delivery.MessageText;
import io.reliablemessaging.permits.RunningHandlers.LongRun;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.wire.ReceivedMessage;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.springframework.dao.DataAccessException;

/**
 * Lets later messages go on without a handler that does not return, once the group has taken charge of its message in
 * another transaction: a person has dead-lettered it, or another instance has handled it. A committed inbox row proves that
 * the handler's transaction is gone, so nothing that the handler still does can be committed. Its thread keeps its permit.
 *
 * <p>Checks only handlers that have run for some seconds, with one statement a second for each topic.
 */
final class OvertakenHandlers {

    private static final Logger log = ReadableLogger.of(OvertakenHandlers.class);
    private static final Duration BETWEEN_CHECKS = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofSeconds(5);

    private final ConsumerServices services;
    private final Executor threads;
    private volatile boolean stopped;

    OvertakenHandlers(ConsumerServices services, Executor threads) {
        this.services = services;
        this.threads = threads;
    }

    /** Schedules checks until it is stopped. */
    void start() {
        services.timer()
                .schedule(
                        BETWEEN_CHECKS,
                        "check for overtaken handlers of listener "
                                + services.settings().id(),
                        () -> {
                            if (!stopped) {
                                if (services.running().longerThan(LONG).isEmpty()) {
                                    start();
                                } else {
                                    threads.execute(this::check);
                                }
                            }
                        });
    }

    void stop() {
        stopped = true;
    }

    private void check() {
        try {
            services.running().longerThan(LONG).stream()
                    .collect(
                            Collectors.groupingBy(run -> run.message().message().topic()))
                    .forEach(this::abandonTaken);
        } catch (DataAccessException e) {
            log.debug("Check for overtaken handlers failed; the next one follows in a second", e);
        } finally {
            start();
        }
    }

    private void abandonTaken(String topic, List<LongRun> runs) {
        Set<MessageId> taken = services.deliveries()
                .live()
                .readTaken(
                        topic,
                        runs.stream().map(run -> run.message().message().id()).toList());
        for (LongRun run : runs) {
            ReceivedMessage message = run.message();
            if (taken.contains(message.message().id()) && services.running().abandon(run)) {
                log.warn(
                        "{}: its handler has not returned, and the message was dead-lettered or handled by another instance. Later messages go"
                                + " on. The handler's thread keeps its permit until it returns; restart this instance to free it",
                        MessageText.of(services.settings(), message));
            }
        }
    }
}
