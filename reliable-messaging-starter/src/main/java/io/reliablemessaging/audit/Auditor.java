package io.reliablemessaging.audit;

import io.reliablemessaging.DurabilityAudit;
import io.reliablemessaging.Finding;
import io.reliablemessaging.Finding.Severity;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.text.StartupNote;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** Looks when the topics have been seen to and before anything is sent or handled, and from then on at intervals. */
final class Auditor implements DurabilityAudit, SmartLifecycle, StartupNote {

    // after the broker stage, before the relay
    static final int PHASE = Integer.MAX_VALUE - 5000;

    private static final Logger log = ReadableLogger.of(Auditor.class);
    private static final Comparator<Finding> GRAVEST_FIRST =
            Comparator.comparing(Finding::severity).thenComparing(Finding::code).thenComparing(Finding::where);

    private final Supplier<List<Check>> checks;
    private final DurabilityMode mode;
    private final Duration interval;
    private final AuditLog told = new AuditLog();
    private final Object looking = new Object();
    private final Map<Check, List<Finding>> known = new HashMap<>();
    private volatile List<Finding> findings = List.of();
    private @Nullable ScheduledExecutorService timer;

    Auditor(Supplier<List<Check>> checks, DurabilityMode mode, Duration interval) {
        this.checks = checks;
        this.mode = mode;
        this.interval = interval;
    }

    @Override
    public synchronized void start() {
        timer = Executors.newSingleThreadScheduledExecutor(new CustomizableThreadFactory("rm-audit-"));
        if (mode == DurabilityMode.OFF) {
            return;
        }
        look(mode == DurabilityMode.STRICT ? Auditor::requireDurability : found -> {});
        var unused = timer.scheduleWithFixedDelay(
                () -> look(), interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
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
        return mode == DurabilityMode.OFF ? findings : look(found -> {});
    }

    private List<Finding> look(Consumer<List<Finding>> judge) {
        synchronized (looking) {
            List<Finding> found = find();
            judge.accept(found);
            if (!Thread.currentThread().isInterrupted()) { // by stop(): what was not answered then means nothing
                findings = found;
                told.tell(found);
            }
            return findings;
        }
    }

    private List<Finding> find() {
        return checks.get().stream()
                .flatMap(this::findings)
                .sorted(GRAVEST_FIRST)
                .toList();
    }

    // What was found before is not mended by a check that fails; and what was never seen cannot be insisted on.
    private Stream<Finding> findings(Check check) {
        try {
            known.put(check, check.look());
        } catch (RuntimeException | Error e) { // an Error, too: it would end the looks without a word
            if (mode == DurabilityMode.STRICT && !known.containsKey(check)) {
                throw e;
            }
            log.warn("A part of the durability audit has failed; what it has found before stays: {}", check, e);
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
        if (timer != null) {
            timer.shutdownNow();
            timer = null;
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return timer != null;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
