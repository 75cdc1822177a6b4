package io.reliablemessaging.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.task.SimpleAsyncTaskExecutor;

/** Breaks things at random, several at a time, and repairs them after a while. Its choices depend on the seed alone. */
final class Nemesis {

    private static final Logger log = LoggerFactory.getLogger(Nemesis.class);
    private static final int MOST_AT_ONCE = 4;
    private static final int MOST_TRIES = 10;
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration LOOK = Duration.ofMillis(100);
    private static final int SHORTEST_MILLISECONDS = 500;
    private static final int LONGEST_MILLISECONDS = 9_000;

    private final Site site;
    private final Faults faults;
    private final Random random;
    private final Duration longestGap;
    private final Executor threads = new SimpleAsyncTaskExecutor("nemesis-");
    private final Map<String, Integer> injected = new ConcurrentSkipListMap<>();
    private final List<Broken> broken = new ArrayList<>();

    /** A fault that is on, or being repaired. Both take their time: a stop waits for what is in work, a start for others. */
    private static final class Broken {
        private final Fault fault;
        private final long until;
        private final CompletableFuture<Void> breaking;
        private CompletableFuture<Void> repairing;

        private Broken(Fault fault, long until, CompletableFuture<Void> breaking) {
            this.fault = fault;
            this.until = until;
            this.breaking = breaking;
        }
    }

    Nemesis(Site site, Faults faults, long seed, Duration longestGap) {
        this.site = site;
        this.faults = faults;
        this.random = new Random(seed);
        this.longestGap = longestGap;
    }

    /** Works for this long; leaves some things broken. */
    void work(Duration duration) {
        long end = System.nanoTime() + duration.toNanos();
        long next = System.nanoTime();
        while (System.nanoTime() - end < 0) {
            repair(System.nanoTime());
            site.instances().stream().filter(this::isOurs).forEach(Instance::ensureRunning);
            if (System.nanoTime() - next >= 0 && broken.size() < MOST_AT_ONCE) {
                breakSomething();
                next = System.nanoTime()
                        + Duration.ofMillis(random.nextInt((int) longestGap.toMillis()))
                                .toNanos();
            }
            LockSupport.parkNanos(LOOK.toNanos());
        }
    }

    /** Repairs everything. */
    void repairAll() {
        repair(Long.MAX_VALUE);
        broken.forEach(each -> each.repairing.join());
        broken.clear();
        site.instances().forEach(Instance::ensureRunning);
        site.instances().forEach(instance -> instance.awaitStarted());
    }

    /** How many faults there were of each kind. */
    Map<String, Integer> injected() {
        return injected;
    }

    // somebody starts applications again that have ended, for want of a database say
    private boolean isOurs(Instance instance) {
        return broken.stream().noneMatch(each -> each.fault.targets().contains(instance));
    }

    private void breakSomething() {
        List<Fault> all = faults.any(random);
        Fault fault = all.get(random.nextInt(all.size()));
        int milliseconds = SHORTEST_MILLISECONDS + random.nextInt(LONGEST_MILLISECONDS - SHORTEST_MILLISECONDS);
        if (Faults.overlap(fault, broken.stream().map(each -> each.fault))) {
            return;
        }
        log.info("{} for {} ms", fault, milliseconds);
        broken.add(new Broken(
                fault,
                System.nanoTime() + Duration.ofMillis(milliseconds).toNanos(),
                CompletableFuture.runAsync(() -> inject(fault), threads)));
    }

    private void inject(Fault fault) {
        try {
            fault.begin().run();
            injected.merge(fault.kind(), 1, Integer::sum);
        } catch (Exception e) {
            log.info("{} not injected: {}", fault, e.toString());
        }
    }

    private void repair(long now) {
        for (Broken each : broken) {
            if (each.repairing == null && (now == Long.MAX_VALUE || now - each.until >= 0)) {
                each.repairing = each.breaking.thenRunAsync(() -> repair(each.fault), threads);
            }
        }
        broken.removeIf(each -> each.repairing != null && each.repairing.isDone());
    }

    // a slow machine may fail to start a broker in time, and all would wait for it until the end
    private static void repair(Fault fault) {
        for (int tries = 1; tries <= MOST_TRIES; tries++) {
            try {
                fault.heal().run();
                return;
            } catch (Exception e) {
                log.warn("{} not repaired, try {}", fault, tries, e);
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        }
    }
}
