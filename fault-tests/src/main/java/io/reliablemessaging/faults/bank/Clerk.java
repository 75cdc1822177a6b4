package io.reliablemessaging.faults.bank;

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

/** A person at this instance who says yes to all that is in quarantine, as long as the file "release" is there. */
@Component
class Clerk implements DisposableBean {

    private static final Logger log = LoggerFactory.getLogger(Clerk.class);
    private static final long LOOK_MILLISECONDS = 300;

    private final ObjectProvider<OutboxQuarantine> quarantine;
    private final Path release;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();

    Clerk(ObjectProvider<OutboxQuarantine> quarantine, BankProperties properties) {
        this.quarantine = quarantine;
        this.release = properties.directory().resolve("release");
    }

    @EventListener
    void begin(ApplicationReadyEvent ready) {
        var unused = thread.scheduleWithFixedDelay(this::look, 0, LOOK_MILLISECONDS, TimeUnit.MILLISECONDS);
    }

    private void look() {
        if (Files.exists(release)) {
            try {
                quarantine.ifAvailable(Clerk::releaseAll);
            } catch (RuntimeException e) {
                log.info("Nothing released: {}", e.toString());
            }
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
