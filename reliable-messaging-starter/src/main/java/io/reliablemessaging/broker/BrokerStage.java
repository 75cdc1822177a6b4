package io.reliablemessaging.broker;

import io.reliablemessaging.broker.TopicProvisioner.Outcome;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Sees to the topics before the relay and the listeners start. If the cluster cannot be reached, or refuses a topic, the
 * application starts all the same (the outbox keeps its messages) and this goes on trying.
 */
final class BrokerStage implements SmartLifecycle {

    // before the audit
    static final int PHASE = Integer.MAX_VALUE - 5120;

    private static final Logger log = LoggerFactory.getLogger(BrokerStage.class);
    private static final Duration BETWEEN_TRIES = Duration.ofSeconds(10);

    private final TopicProvisioner provisioner;
    private final Map<String, Object> adminConfig;
    private final boolean provision;
    private final Set<String> fresh = new HashSet<>();
    private volatile Map<String, String> refused = Map.of();
    private volatile @Nullable RuntimeException failure;
    private @Nullable ScheduledExecutorService retries;
    private boolean running;

    BrokerStage(TopicProvisioner provisioner, Map<String, Object> adminConfig, boolean provision) {
        this.provisioner = provisioner;
        this.adminConfig = adminConfig;
        this.provision = provision;
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
            log.warn("Topics could not be created; trying again every {}: {}", BETWEEN_TRIES, away.getMessage());
        } else if (!refused.isEmpty()) {
            log.warn(
                    "The cluster refuses to create topics; trying again every {}. Correct them under"
                            + " 'reliable-messaging.topics', or create them yourself: {}",
                    BETWEEN_TRIES,
                    refused);
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
            }
            refused = outcome.refused();
            failure = null;
        } catch (RuntimeException e) {
            failure = e;
        }
    }

    private void tryAgainLater() {
        retries =
                Executors.newSingleThreadScheduledExecutor(new CustomizableThreadFactory("reliable-messaging-topics-"));
        var unused = retries.scheduleWithFixedDelay(
                this::tryAgain, BETWEEN_TRIES.toMillis(), BETWEEN_TRIES.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void tryAgain() {
        provision();
        if (failure == null && refused.isEmpty()) {
            log.info("All topics are there");
            stopRetrying();
        }
    }

    private synchronized void stopRetrying() {
        if (retries != null) {
            retries.shutdownNow();
            retries = null;
        }
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
