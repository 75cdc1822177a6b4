package io.reliablemessaging.broker;

import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Knows the cluster's ids of topics: a topic that is deleted and made again has another, though its offsets start over.
 * Topics that were asked for once are checked again every ten seconds, all with one request of one client that stays open.
 * While the cluster does not answer, the ids that it told last stay; when it says that a topic is gone, its id is forgotten.
 */
public final class TopicIds implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(TopicIds.class);
    private static final Duration BETWEEN_CHECKS = Duration.ofSeconds(10);
    // before the listeners, and with the other first steps
    private static final int PHASE = BrokerStage.PHASE;

    private final Map<String, Object> adminConfig;
    private final Set<String> topics = ConcurrentHashMap.newKeySet();
    private final Map<String, Uuid> known = new ConcurrentHashMap<>();
    // the last one ever known, also while the topic is gone
    private final Map<String, Uuid> before = new ConcurrentHashMap<>();
    private final Set<Uuid> over = ConcurrentHashMap.newKeySet();
    private final ReentrantLock asking = new ReentrantLock();
    private @Nullable ClusterAdmin cluster;
    private volatile @Nullable ScheduledExecutorService checks;
    private volatile boolean running;

    TopicIds(Map<String, Object> adminConfig) {
        this.adminConfig = adminConfig;
    }

    /**
     * Returns the topic's id, from memory if it is known.
     *
     * @throws KafkaException if the cluster does not tell
     */
    public Uuid of(String topic) {
        Uuid id = known.get(topic);
        if (id == null) {
            refresh(List.of(topic));
            id = known.get(topic);
        }
        if (id == null) {
            throw new UnknownTopicOrPartitionException("Topic " + topic + " is gone");
        }
        return id;
    }

    /** The topic's id if it is in memory; never asks the cluster. */
    public Optional<Uuid> known(String topic) {
        return Optional.ofNullable(known.get(topic));
    }

    /**
     * Asks the cluster for the ids of these topics, with one request.
     *
     * @return those that have another id than the one that was known of them before
     * @throws KafkaException if it does not answer; what was known stays
     */
    public Set<String> refresh(Collection<String> names) {
        topics.addAll(names);
        asking.lock();
        try {
            if (cluster == null) {
                cluster = new ClusterAdmin(adminConfig);
            }
            checkFromNowOn();
            return take(cluster.describe(names));
        } catch (RetriableException e) {
            closeClient(); // the brokers may be elsewhere by now
            throw e;
        } finally {
            asking.unlock();
        }
    }

    /** Asks the cluster for the ids of all topics that were asked for once; see {@link #refresh}. */
    public Set<String> check() {
        return topics.isEmpty() ? Set.of() : refresh(Set.copyOf(topics));
    }

    private Set<String> take(Answers<String, TopicDescription> answers) {
        Set<String> changed = answers.given().entrySet().stream()
                .filter(each -> isAnother(each.getKey(), each.getValue().topicId()))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
        answers.refused().forEach((name, reason) -> {
            if (!(reason instanceof UnknownTopicOrPartitionException)) {
                throw reason;
            }
            known.remove(name);
        });
        return changed;
    }

    private boolean isAnother(String name, Uuid id) {
        if (over.contains(id)) {
            return false; // a broker that lags behind: ids never come back
        }
        known.put(name, id);
        Uuid old = before.put(name, id);
        if (old == null || old.equals(id)) {
            return false;
        }
        over.add(old);
        log.warn("Topic {} was deleted and made again: its id was {} and is {}", name, old, id);
        return true;
    }

    private void checkQuietly() {
        try {
            Set<String> unused = check();
        } catch (RuntimeException | Error e) { // an Error, too: it would end the checks without a word
            log.debug("The ids of topics are checked later", e);
        }
    }

    @Override
    public void start() {
        asking.lock();
        try {
            running = true;
            checkFromNowOn();
        } finally {
            asking.unlock();
        }
    }

    // not before somebody asks for a topic: an application that only publishes needs neither thread nor connection
    private void checkFromNowOn() {
        if (running && checks == null && !topics.isEmpty()) {
            checks = Executors.newSingleThreadScheduledExecutor(new CustomizableThreadFactory("rm-topic-ids-"));
            var unused = checks.scheduleWithFixedDelay(
                    this::checkQuietly, BETWEEN_CHECKS.toMillis(), BETWEEN_CHECKS.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public void stop() {
        ScheduledExecutorService asks = checks;
        if (asks != null) {
            asks.shutdownNow(); // first: it may hold the lock
        }
        asking.lock();
        try {
            running = false;
            if (checks != null) {
                checks.shutdownNow();
                checks = null;
            }
            closeClient();
        } finally {
            asking.unlock();
        }
    }

    private void closeClient() {
        if (cluster != null) {
            cluster.close();
            cluster = null;
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
