package io.reliablemessaging.faults.bank;

import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.OutboxQuarantine;
import io.reliablemessaging.QuarantinedKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * A person at this instance who says yes to all that is in quarantine, as long as the file "release" is there, and has all
 * dead letters handled again as long as a file "redrive" with the instance's name before it is.
 */
@Component
class Clerk implements DisposableBean {

    private static final Logger log = LoggerFactory.getLogger(Clerk.class);
    private static final long LOOK_MILLISECONDS = 300;

    private final ObjectProvider<OutboxQuarantine> quarantine;
    private final ObjectProvider<DeadLetters> deadLetters;
    private final Path release;
    private final Path redrive;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();

    Clerk(
            ObjectProvider<OutboxQuarantine> quarantine,
            ObjectProvider<DeadLetters> deadLetters,
            BankProperties properties) {
        this.quarantine = quarantine;
        this.deadLetters = deadLetters;
        this.release = properties.directory().resolve("release");
        this.redrive = properties.directory().resolve(properties.instance() + ".redrive");
    }

    @EventListener
    void begin(ApplicationReadyEvent ready) {
        var unused = thread.scheduleWithFixedDelay(this::look, 0, LOOK_MILLISECONDS, TimeUnit.MILLISECONDS);
    }

    private void look() {
        try {
            if (Files.exists(release)) {
                quarantine.ifAvailable(Clerk::releaseAll);
            }
            if (Files.exists(redrive)) {
                deadLetters.ifAvailable(letters -> letters.redrive(DeadLetterQuery.dead(), "the clerk"));
            }
        } catch (RuntimeException e) {
            log.info("Not everything was done: {}", e.toString());
        }
    }

    private static void releaseAll(OutboxQuarantine quarantine) {
        for (QuarantinedKey key : quarantine.find()) {
            if (!key.released()) {
                quarantine.release(key.topic(), key.key(), "the clerk");
            }
        }
    }

    @Override
    public void destroy() {
        thread.shutdown();
    }
}
