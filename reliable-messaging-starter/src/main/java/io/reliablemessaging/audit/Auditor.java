package io.reliablemessaging.audit;

import io.reliablemessaging.DurabilityAudit;
import io.reliablemessaging.Finding;
import io.reliablemessaging.Finding.Severity;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.text.StartupNote;
import io.reliablemessaging.timing.PeriodicTask;
import io.reliablemessaging.timing.StartPhases;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.springframework.context.SmartLifecycle;

/** Runs the checks after the topics were created and before anything is sent or handled, and then at intervals. */
final class Auditor implements DurabilityAudit, SmartLifecycle, StartupNote {

    private static final Logger log = ReadableLogger.of(Auditor.class);
    private static final Comparator<Finding> GRAVEST_FIRST =
            Comparator.comparing(Finding::severity).thenComparing(Finding::code).thenComparing(Finding::where);

    private final Supplier<List<DurabilityCheck>> checks;
    private final DurabilityMode mode;
    private final AuditLog told = new AuditLog();
    private final Object checking = new Object();
    private final Map<DurabilityCheck, List<Finding>> known = new HashMap<>();
    private volatile List<Finding> findings = List.of();
    private final PeriodicTask task;
    private boolean running;

    Auditor(Supplier<List<DurabilityCheck>> checks, DurabilityMode mode, Duration interval) {
        this.checks = checks;
        this.mode = mode;
        this.task = new PeriodicTask(
                "rm-audit",
                interval,
                () -> look(),
                thrown -> log.warn("The durability audit has failed; what it has found before stays", thrown));
    }

    @Override
    public synchronized void start() {
        running = true;
        if (mode == DurabilityMode.OFF) {
            return;
        }
        check(mode == DurabilityMode.STRICT ? Auditor::requireDurability : found -> {});
        task.startAfterInterval();
    }

    private static void requireDurability(List<Finding> found) {
        List<Finding> unacceptable = found.stream()
                .filter(finding -> finding.severity() == Severity.CRITICAL)
                .toList();
        if (!unacceptable.isEmpty()) {
            throw new WeakDurabilityException(unacceptable);
        }
    }

    @Override
    public List<Finding> look() {
        return mode == DurabilityMode.OFF ? findings : check(found -> {});
    }

    private List<Finding> check(Consumer<List<Finding>> judge) {
        synchronized (checking) {
            List<Finding> found = runChecks();
            judge.accept(found);
            if (!Thread.currentThread().isInterrupted()) { // interrupted by stop(): incomplete answers mean nothing
                findings = found;
                told.tell(found);
            }
            return findings;
        }
    }

    private List<Finding> runChecks() {
        return checks.get().stream().flatMap(this::run).sorted(GRAVEST_FIRST).toList();
    }

    // A check that fails keeps its last findings. In strict mode, a check that never worked refuses the start.
    private Stream<Finding> run(DurabilityCheck check) {
        try {
            known.put(check, check.run());
        } catch (RuntimeException | Error e) { // an Error, too: it would end the checks silently
            if (mode == DurabilityMode.STRICT && !known.containsKey(check)) {
                throw e;
            }
            log.warn("Check {} of the durability audit failed; its last findings stay until it works again", check, e);
        }
        return known.getOrDefault(check, List.of()).stream();
    }

    @Override
    public List<Finding> findings() {
        return findings;
    }

    @Override
    public Subject subject() {
        return Subject.AUDIT;
    }

    @Override
    public List<String> lines() {
        if (mode == DurabilityMode.OFF) {
            return List.of("durability audit: off (reliable-messaging.durability.mode)");
        }
        String counts = Stream.of(Severity.values())
                .map(severity -> count(severity))
                .filter(count -> !count.isEmpty())
                .collect(Collectors.joining(", "));
        return List.of("durability audit: " + (counts.isEmpty() ? "no findings" : counts));
    }

    private String count(Severity severity) {
        long count = findings.stream()
                .filter(finding -> finding.severity() == severity)
                .count();
        return count == 0 ? "" : "%d %s".formatted(count, severity.name().toLowerCase(Locale.ROOT));
    }

    @Override
    public synchronized void stop() {
        running = false;
        task.stop();
    }

    @Override
    public synchronized boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return StartPhases.AUDIT;
    }
}
