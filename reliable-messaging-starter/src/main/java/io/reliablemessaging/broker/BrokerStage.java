package io.reliablemessaging.broker;

import io.reliablemessaging.broker.TopicProvisioner.Outcome;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.text.StartupNote;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Sees to the topics before the relay and the listeners start. If the cluster cannot be reached, or refuses a topic, the
 * application starts all the same (the outbox keeps its messages) and this goes on trying.
 */
final class BrokerStage implements SmartLifecycle, StartupNote {

    // before the audit
    static final int PHASE = Integer.MAX_VALUE - 5120;

    private static final Logger log = ReadableLogger.of(BrokerStage.class);
    private static final Duration BETWEEN_TRIES = Duration.ofSeconds(10);
    private static final int MOST_NAMED = 3;

    private final TopicProvisioner provisioner;
    private final Map<String, Object> adminConfig;
    private final boolean provision;
    private final Predicate<Throwable> toldElsewhere;
    private final Set<String> fresh = new HashSet<>();
    private final Set<String> created = new TreeSet<>();
    private volatile Map<String, String> refused = Map.of();
    private volatile Set<String> awaited = Set.of();
    private volatile @Nullable RuntimeException failure;
    private @Nullable ScheduledExecutorService retries;
    private boolean running;

    /**
     * Makes the stage.
     *
     * @param toldElsewhere whether a failure is one that somebody else tells, since the whole cluster may be away
     */
    BrokerStage(
            TopicProvisioner provisioner,
            Map<String, Object> adminConfig,
            boolean provision,
            Predicate<Throwable> toldElsewhere) {
        this.provisioner = provisioner;
        this.adminConfig = adminConfig;
        this.provision = provision;
        this.toldElsewhere = toldElsewhere;
    }

    @Override
    public synchronized void start() {
        running = true;
        if (!provision || provisioner.isIdle()) {
            return; // nothing to ask the cluster for, and so no reason to wait for it
        }
        provision();
        RuntimeException away = failure;
        if (away != null) {
            log.atLevel(toldElsewhere.test(away) ? Level.DEBUG : Level.WARN)
                    .log("Topics could not be created; trying again every {}: {}", BETWEEN_TRIES, away);
        } else if (!refused.isEmpty()) {
            log.warn(
                    "The cluster refuses to create topics; trying again every {}. Correct them under"
                            + " 'reliable-messaging.topics', or create them yourself: {}",
                    BETWEEN_TRIES,
                    refused);
        } else if (!awaited.isEmpty()) {
            log.info(
                    "Topics {} are listened to and do not exist yet. Whoever sends to them creates them; they are read as soon as"
                            + " they are there. To have them created here, declare them under 'reliable-messaging.topics'",
                    awaited);
        } else {
            return;
        }
        tryAgainLater();
    }

    private void provision() {
        try (ClusterAdmin cluster = new ClusterAdmin(adminConfig)) {
            Outcome outcome = provisioner.provision(cluster);
            synchronized (fresh) {
                fresh.addAll(outcome.created());
                created.addAll(outcome.created());
            }
            refused = outcome.refused();
            awaited = outcome.awaited();
            failure = null;
        } catch (RuntimeException e) {
            failure = e;
        }
    }

    private void tryAgainLater() {
        retries = Executors.newSingleThreadScheduledExecutor(new CustomizableThreadFactory("rm-topics-"));
        var unused = retries.scheduleWithFixedDelay(
                this::tryAgain, BETWEEN_TRIES.toMillis(), BETWEEN_TRIES.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void tryAgain() {
        try {
            provision();
        } catch (Error e) {
            log.error("Topics could not be created; trying again every {}", BETWEEN_TRIES, e);
            return; // thrown, it would end the tries without a word
        }
        if (failure == null && refused.isEmpty() && awaited.isEmpty()) {
            log.info("All topics are there; created: {}", created());
            stopRetrying();
        }
    }

    private synchronized void stopRetrying() {
        if (retries != null) {
            retries.shutdownNow();
            retries = null;
        }
    }

    private List<String> created() {
        synchronized (fresh) {
            return List.copyOf(created);
        }
    }

    @Override
    public Subject subject() {
        return Subject.TOPICS;
    }

    @Override
    public List<String> lines() {
        return provisioner.isIdle() ? List.of() : List.of("topics: " + topics());
    }

    private String topics() {
        String known = provisioner.known();
        if (!provision) {
            return known + ", none is created here (reliable-messaging.topics.provision)";
        }
        if (failure != null) {
            return known + ", not looked for yet: Kafka has not answered";
        }
        List<String> made = created();
        Set<String> missing = awaited;
        int there = provisioner.count(missing) - made.size() - refused.size();
        return "%s; found %d, created %s, refused %d%s"
                .formatted(
                        known,
                        there,
                        some(made),
                        refused.size(),
                        missing.isEmpty()
                                ? ""
                                : "; missing, and to be created by whoever declares them: "
                                        + some(List.copyOf(missing)));
    }

    private static String some(List<String> names) {
        return names.size() <= MOST_NAMED
                ? names.size() + (names.isEmpty() ? "" : " " + names)
                : "%d [%s, ...]".formatted(names.size(), String.join(", ", names.subList(0, MOST_NAMED)));
    }

    /** Why the cluster could not be asked for topics, the last time that was tried. */
    @Nullable
    RuntimeException failure() {
        return failure;
    }

    /** Topics that the cluster would not create, and why. */
    Map<String, String> refused() {
        return refused;
    }

    /** Topics made since this was asked the last time: not all brokers may know of them yet. */
    Set<String> takeFresh() {
        synchronized (fresh) {
            Set<String> taken = Set.copyOf(fresh);
            fresh.clear();
            return taken;
        }
    }

    @Override
    public synchronized void stop() {
        running = false;
        stopRetrying();
    }

    @Override
    public synchronized boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
