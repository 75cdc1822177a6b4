package io.reliablemessaging.operations;

import io.reliablemessaging.Trouble.Kind;
import io.reliablemessaging.outbox.OutboxBacklog.Head;
import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.reachability.OutageSuspicion;
import io.reliablemessaging.reachability.QuestionLimit;
import io.reliablemessaging.relay.RelayState;
import io.reliablemessaging.text.LoggedFailure;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.timing.PeriodicTask;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.context.SmartLifecycle;

/**
 * Checks for trouble every few seconds, on a thread of its own: a question about health must be answered at once, even
 * while the database or Kafka is away.
 */
final class TroubleMonitor implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(TroubleMonitor.class);
    private static final Duration CHECK_EVERY = Duration.ofSeconds(2);

    // while nothing waits and all lanes have owners; shorter than the time after which a waiting message is a trouble
    private static final long QUIET_NANOS = Duration.ofSeconds(10).toNanos();

    private final StageReaders stageReaders;
    private final Troubles troubles;
    private final ThroughputCounters throughputCounters;
    private final Infrastructure infrastructure;
    private final OutageSuspicion outage;
    private final StalledLanes stalled;
    private final Debounce unowned;
    private final RightsMonitor rights;
    private List<ObservedTrouble> before = List.of();
    private final QuestionLimit pace;
    private long quietUntil = System.nanoTime();
    private final PeriodicTask task;

    TroubleMonitor(
            StageReaders stageReaders,
            Troubles troubles,
            ThroughputCounters throughputCounters,
            Infrastructure infrastructure) {
        this.infrastructure = infrastructure;
        this.outage = new OutageSuspicion(infrastructure);
        this.pace = new QuestionLimit(infrastructure.postgres());
        this.stageReaders = stageReaders;
        this.rights = new RightsMonitor(stageReaders);
        this.troubles = troubles;
        this.throughputCounters = throughputCounters;
        // longer than another instance needs to take over the lanes of a dead one
        Duration patience = stageReaders.sending().owners().lease().multipliedBy(2);
        this.stalled = new StalledLanes(patience);
        this.unowned = new Debounce(patience);
        FailureLog failures = new FailureLog(
                log,
                Level.WARN,
                infrastructure,
                "The health of this instance cannot be determined; the troubles found before are shown",
                "The health of this instance is known again");
        this.task = new PeriodicTask(
                "rm-watch",
                CHECK_EVERY,
                () -> {
                    check();
                    failures.worked();
                },
                failures::failed);
    }

    private void check() {
        throughputCounters.sample();
        List<ObservedTrouble> now = readSigns();
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

    private List<ObservedTrouble> readSigns() {
        long begin = System.nanoTime();
        if (!pace.isDue(begin) || begin - quietUntil < 0) {
            return before;
        }
        List<ObservedTrouble> missing = List.of();
        try {
            List<Head> heads;
            List<Integer> free;
            try {
                missing = rights.check(begin);
                heads = stageReaders.outbox().backlog().heads();
                free = stageReaders.sending().owners().free();
            } finally {
                // only the time of the database, even if a query was
                // given up for taking too long; Kafka may be asked below
                pace.noteQuestion(begin, System.nanoTime());
            }
            outage.worked();
            quietUntil = begin + (heads.isEmpty() && free.isEmpty() && missing.isEmpty() ? QUIET_NANOS : 0);
            return Stream.concat(
                            missing.stream(),
                            Stream.of(findStalledLanes(heads), findLanesWithoutOwner(free))
                                    .flatMap(Optional::stream))
                    .toList();
        } catch (Throwable e) { // an Error, too: it would end the checks silently
            // it is not known whether the condition has lasted
            boolean unused = unowned.update(false, System.nanoTime());
            stalled.forget();
            rights.checkNextTime(begin);
            if (outage.note(e)) {
                return List.of();
            }
            if (!missing.isEmpty()) {
                return missing; // the missing right is the cause
            }
            return List.of(new ObservedTrouble(Kind.TABLES_UNREADABLE, "database", LoggedFailure.line(e)));
        }
    }

    private Optional<ObservedTrouble> findStalledLanes(List<Head> all) {
        RelayState relay = stageReaders.sending().relay();
        if (relay == null || relay.refusal() != null || infrastructure.kafka().isAway()) {
            stalled.forget();
            return Optional.empty();
        }
        List<Head> heads = stalled.update(all, relay.lanes(), relay.heldTopics(), System.nanoTime());
        if (heads.isEmpty()) {
            return Optional.empty();
        }
        Set<String> topics = heads.stream().map(Head::topic).collect(Collectors.toCollection(TreeSet::new));
        return Optional.of(new ObservedTrouble(
                Kind.RELAY_STALLED,
                "relay",
                "Kafka does not accept messages to %s: %s"
                        .formatted(topics, stageReaders.cluster().diagnosis().diagnose(topics))));
    }

    private Optional<ObservedTrouble> findLanesWithoutOwner(List<Integer> free) {
        return unowned.update(!free.isEmpty(), System.nanoTime())
                ? Optional.of(new ObservedTrouble(
                        Kind.LANES_WITHOUT_OWNER,
                        "outbox",
                        "no instance sends the messages of lanes %s; start one with %s"
                                .formatted(free, "reliable-messaging.relay.enabled=true")))
                : Optional.empty();
    }

    @Override
    public void start() {
        task.start();
    }

    @Override
    public void stop() {
        task.stop();
    }

    @Override
    public boolean isRunning() {
        return task.isRunning();
    }
}
