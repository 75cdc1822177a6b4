package io.reliablemessaging.faults.bank;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * Makes transfers, one after the other on each thread, as long as the file "work" is there. A thread that finds it gone says
 * so with a file of its own: from then on it has no transaction under way.
 */
@Component
class Workload implements DisposableBean {

    private static final Logger log = LoggerFactory.getLogger(Workload.class);
    private static final long PAUSE_MILLISECONDS = 200;

    private final Transfers transfers;
    private final BankProperties properties;
    private final Path work;
    private final ScheduledExecutorService threads;

    Workload(Transfers transfers, BankProperties properties) {
        this.transfers = transfers;
        this.properties = properties;
        this.work = properties.directory().resolve("work");
        this.threads = new ScheduledThreadPoolExecutor(Math.max(1, properties.threads()));
    }

    @EventListener
    void begin(ApplicationReadyEvent ready) {
        for (int thread = 0; thread < properties.threads(); thread++) {
            Path idle = properties.directory().resolve(properties.instance() + "-" + thread + ".idle");
            next(new Random(properties.seed() + thread), idle, 0);
        }
    }

    private void next(Random random, Path idle, long milliseconds) {
        if (!threads.isShutdown()) {
            var unused = threads.schedule(() -> once(random, idle), milliseconds, TimeUnit.MILLISECONDS);
        }
    }

    private void once(Random random, Path idle) {
        if (!Files.exists(work)) {
            create(idle);
            next(random, idle, PAUSE_MILLISECONDS);
            return;
        }
        try {
            transfers.make(properties.only() == null ? Kind.any(random) : properties.only(), random);
            next(random, idle, random.nextLong(properties.pace().toMillis() + 1));
        } catch (RuntimeException e) {
            log.info("A transaction has failed: {}", e.toString());
            next(random, idle, PAUSE_MILLISECONDS);
        }
    }

    private static void create(Path file) {
        try {
            if (!Files.exists(file)) {
                Files.createFile(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void destroy() {
        threads.shutdown();
    }
}
