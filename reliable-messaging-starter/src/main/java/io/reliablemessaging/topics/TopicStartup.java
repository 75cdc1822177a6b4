package io.reliablemessaging.topics;

import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.text.StartupNote;
import io.reliablemessaging.timing.PeriodicTask;
import io.reliablemessaging.timing.StartPhases;
import io.reliablemessaging.topics.TopicProvisioner.Outcome;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.context.SmartLifecycle;

/**
 * Creates missing topics before the relay and the listeners start. If the cluster does not answer, or refuses a topic, the
 * application starts nevertheless (the outbox keeps its messages), and this stage tries again every ten seconds.
 */
public final class TopicStartup implements SmartLifecycle, StartupNote {

    private static final Logger log = ReadableLogger.of(TopicStartup.class);
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
    private final PeriodicTask retries = new PeriodicTask(
            "rm-topics",
            BETWEEN_TRIES,
            this::tryAgain,
            thrown -> log.error("Topics could not be created; trying again every {}", BETWEEN_TRIES, thrown));
    private boolean running;

    /**
     * Creates the stage.
     *
     * @param toldElsewhere reports a failure; returns true if an outage of the cluster causes such failures, which is logged elsewhere
     */
    public TopicStartup(
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
            return; // nothing to ask the cluster for, so no reason to wait for it
        }
        provision();
        RuntimeException away = failure;
        if (away != null) {
            log.atLevel(toldElsewhere.test(away) ? Level.DEBUG : Level.WARN)
                    .log("Topics could not be created; retrying every {}: {}", BETWEEN_TRIES, away);
        } else if (!refused.isEmpty()) {
            log.warn(
                    "The cluster refuses to create topics; retrying every {}. Correct them under"
                            + " 'reliable-messaging.topics', or create them yourself: {}",
                    BETWEEN_TRIES,
                    refused);
        } else if (!awaited.isEmpty()) {
            log.info(
                    "Topics {} are listened to and do not exist yet. The applications that send to them create them; they are read as"
                            + " soon as they exist. To have them created here, declare them under 'reliable-messaging.topics'",
                    awaited);
        } else {
            return;
        }
        retries.startAfterInterval();
    }

    private void provision() {
        try (ClusterAdmin cluster = ClusterAdmin.open(adminConfig)) {
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

    private void tryAgain() {
        provision();
        if (failure == null && refused.isEmpty() && awaited.isEmpty()) {
            log.info("All topics exist now; created here: {}", created());
            retries.stop();
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
            return known + ", not checked yet: Kafka has not answered";
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
                                : "; missing, to be created by the application that declares them: "
                                        + some(List.copyOf(missing)));
    }

    private static String some(List<String> names) {
        return names.size() <= MOST_NAMED
                ? names.size() + (names.isEmpty() ? "" : " " + names)
                : "%d [%s, ...]".formatted(names.size(), String.join(", ", names.subList(0, MOST_NAMED)));
    }

    /** Returns why the last attempt to create topics failed; null if it did not. */
    @Nullable
    public RuntimeException failure() {
        return failure;
    }

    /** Returns the topics that the cluster refuses to create, with its reasons. */
    public Map<String, String> refused() {
        return refused;
    }

    /** Returns the topics created since the last call: not all brokers may know of them yet. */
    public Set<String> takeFresh() {
        synchronized (fresh) {
            Set<String> taken = Set.copyOf(fresh);
            fresh.clear();
            return taken;
        }
    }

    @Override
    public synchronized void stop() {
        running = false;
        retries.stop();
    }

    @Override
    public synchronized boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return StartPhases.TOPICS;
    }
}
