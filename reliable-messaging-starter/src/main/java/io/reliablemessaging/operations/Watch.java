package io.reliablemessaging.operations;

import io.reliablemessaging.Trouble.Kind;
import io.reliablemessaging.outbox.OutboxBacklog.Head;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.reachability.OutageSuspicion;
import io.reliablemessaging.reachability.QuestionPace;
import io.reliablemessaging.relay.RelayState;
import io.reliablemessaging.text.LoggedFailure;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Looks for trouble every few seconds, beside those who work and those who ask: a question about health must be answered at
 * once, also while the database or Kafka is away.
 */
final class Watch implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(Watch.class);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(2);

    // while nothing waits and all lanes have owners; less than what waits may wait before it is a trouble
    private static final long QUIET_NANOS = Duration.ofSeconds(10).toNanos();

    private final Stages stages;
    private final Troubles troubles;
    private final Counters counters;
    private final Infrastructure infrastructure;
    private final OutageSuspicion outage;
    private final StalledLanes stalled;
    private final Patience unowned;
    private final RightsWatch rights;
    private List<Sign> before = List.of();
    private final QuestionPace pace;
    private long quietUntil = System.nanoTime();
    private @Nullable ScheduledExecutorService thread;

    Watch(Stages stages, Troubles troubles, Counters counters, Infrastructure infrastructure) {
        this.infrastructure = infrastructure;
        this.outage = new OutageSuspicion(infrastructure);
        this.pace = new QuestionPace(infrastructure.postgres());
        this.stages = stages;
        this.rights = new RightsWatch(stages);
        this.troubles = troubles;
        this.counters = counters;
        // longer than it takes until somebody sends for an instance that has died
        Duration patience = stages.owners().lease().multipliedBy(2);
        this.stalled = new StalledLanes(patience);
        this.unowned = new Patience(patience);
    }

    private void look() {
        counters.sample();
        List<Sign> now = signs();
        if (!isRunning()) {
            return; // the database may be closed by now
        }
        now.stream()
                .filter(sign -> before.stream().noneMatch(sign::isAbout))
                .forEach(sign -> log.warn("{}, {}: {}", sign.kind(), sign.where(), sign.what()));
        before.stream()
                .filter(earlier -> now.stream().noneMatch(earlier::isAbout))
                .forEach(earlier -> log.info("Over: {}, {}", earlier.kind(), earlier.where()));
        before = now;
        troubles.note(now);
    }

    private List<Sign> signs() {
        long begin = System.nanoTime();
        if (!pace.isDue(begin) || begin - quietUntil < 0) {
            return before;
        }
        List<Sign> missing = List.of();
        try {
            List<Head> heads;
            List<Integer> free;
            try {
                missing = rights.look(begin);
                heads = stages.backlog().heads();
                free = stages.owners().free();
            } finally {
                // of the database alone, though it was given up for taking too long: Kafka may be asked below
                pace.asked(begin, System.nanoTime());
            }
            outage.worked();
            quietUntil = begin + (heads.isEmpty() && free.isEmpty() && missing.isEmpty() ? QUIET_NANOS : 0);
            return Stream.concat(
                            missing.stream(),
                            Stream.of(lanesThatDoNotMove(heads), lanesWithoutOwner(free))
                                    .flatMap(Optional::stream))
                    .toList();
        } catch (Throwable e) { // an Error, too: it would end the looks without a word
            // nobody knows whether it has lasted
            boolean unused = unowned.isOver(false, System.nanoTime());
            stalled.forget();
            rights.askAgain(begin);
            if (outage.note(e)) {
                return List.of();
            }
            if (!missing.isEmpty()) {
                return missing; // which is why
            }
            return List.of(new Sign(Kind.TABLES_UNREADABLE, "database", LoggedFailure.line(e)));
        }
    }

    private Optional<Sign> lanesThatDoNotMove(List<Head> all) {
        RelayState relay = stages.relay();
        if (relay == null || relay.refusal() != null || infrastructure.kafka().isAway()) {
            stalled.forget();
            return Optional.empty();
        }
        List<Head> heads = stalled.look(all, relay.lanes(), relay.heldTopics(), System.nanoTime());
        if (heads.isEmpty()) {
            return Optional.empty();
        }
        Set<String> topics = heads.stream().map(Head::topic).collect(Collectors.toCollection(TreeSet::new));
        return Optional.of(new Sign(
                Kind.RELAY_STALLED,
                "relay",
                "messages to %s are not taken: %s"
                        .formatted(topics, stages.cluster().of(topics))));
    }

    private Optional<Sign> lanesWithoutOwner(List<Integer> free) {
        return unowned.isOver(!free.isEmpty(), System.nanoTime())
                ? Optional.of(new Sign(
                        Kind.LANES_WITHOUT_OWNER,
                        "outbox",
                        "no instance sends what is in lanes %s: does one run with %s?"
                                .formatted(free, "reliable-messaging.relay.enabled=true")))
                : Optional.empty();
    }

    @Override
    public synchronized void start() {
        CustomizableThreadFactory threads = new CustomizableThreadFactory("rm-watch-");
        threads.setDaemon(true);
        ScheduledExecutorService started = Executors.newSingleThreadScheduledExecutor(threads);
        var unused = started.scheduleWithFixedDelay(this::look, 0, LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
        thread = started;
    }

    @Override
    public synchronized void stop() {
        if (thread != null) {
            thread.shutdownNow();
            thread = null;
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return thread != null;
    }
}
