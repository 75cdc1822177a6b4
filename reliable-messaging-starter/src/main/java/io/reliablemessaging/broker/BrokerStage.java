package io.reliablemessaging.broker;

import io.reliablemessaging.broker.TopicProvisioner.Report;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Sees to the topics before the relay and the listeners start. If the cluster cannot be reached, the application starts
 * all the same (the outbox keeps its messages) and this goes on trying; in strict mode it does not start.
 */
final class BrokerStage implements SmartLifecycle {

    // before the relay
    static final int PHASE = Integer.MAX_VALUE - 5120;

    private static final Logger log = LoggerFactory.getLogger(BrokerStage.class);
    private static final Duration BETWEEN_TRIES = Duration.ofSeconds(10);

    private final TopicProvisioner provisioner;
    private final Map<String, Object> adminConfig;
    private final DurabilityMode mode;
    private @Nullable ScheduledExecutorService retries;
    private final Set<Finding> reported = new HashSet<>();
    private boolean running;

    BrokerStage(TopicProvisioner provisioner, Map<String, Object> adminConfig, DurabilityMode mode) {
        this.provisioner = provisioner;
        this.adminConfig = adminConfig;
        this.mode = mode;
    }

    @Override
    public synchronized void start() {
        running = true;
        if (provisioner.isIdle()) {
            return; // nothing to ask the cluster for, and so no reason to wait for it
        }
        try {
            provision();
        } catch (KafkaException e) {
            if (mode == DurabilityMode.STRICT) {
                throw new WeakDurabilityException(List.of(unverified(e)));
            }
            log.warn(
                    "Topics could not be created and verified; trying again every {}: {}",
                    BETWEEN_TRIES,
                    e.getMessage());
            tryAgainLater();
        }
    }

    private void provision() {
        Report report;
        try (ClusterAdmin cluster = new ClusterAdmin(adminConfig)) {
            report = provisioner.provision(cluster);
        }
        if (mode == DurabilityMode.STRICT && !report.findings().isEmpty()) {
            throw new WeakDurabilityException(report.findings());
        }
        if (mode == DurabilityMode.WARN) {
            report.findings().stream()
                    .filter(reported::add)
                    .forEach(finding -> log.warn("Messages could be lost by {}", finding));
        }
        if (!report.refused().isEmpty()) {
            throw new KafkaException("the cluster refused to create " + report.refused()
                    + ". Correct them under 'reliable-messaging.topics', or create them yourself");
        }
    }

    private static Finding unverified(KafkaException e) {
        return new Finding(
                "The state of the topics",
                "unknown (" + e.getMessage() + ")",
                "verified",
                "See that Kafka runs and that 'spring.kafka.bootstrap-servers' leads to it.");
    }

    private void tryAgainLater() {
        retries =
                Executors.newSingleThreadScheduledExecutor(new CustomizableThreadFactory("reliable-messaging-topics-"));
        var unused = retries.scheduleWithFixedDelay(
                this::tryAgain, BETWEEN_TRIES.toMillis(), BETWEEN_TRIES.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void tryAgain() {
        try {
            provision();
            log.info("Topics have been created and verified");
            stopRetrying();
        } catch (RuntimeException e) {
            log.debug("Topics could still not be created and verified", e);
        }
    }

    private synchronized void stopRetrying() {
        if (retries != null) {
            retries.shutdownNow();
            retries = null;
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
