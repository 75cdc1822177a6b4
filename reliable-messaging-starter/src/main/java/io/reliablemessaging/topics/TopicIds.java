package io.reliablemessaging.topics;

import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.timing.PeriodicTask;
import io.reliablemessaging.timing.StartPhases;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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

/**
 * Knows the cluster's ids of topics: a topic that is deleted and created again has another id, and its offsets start again at 0.
 * The ids of all topics that were ever asked for are read again every ten seconds, in one request of one client that stays open.
 * While the cluster does not answer, the last ids stay; when it says that a topic is gone, the id is forgotten.
 */
public final class TopicIds implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(TopicIds.class);
    private static final Duration BETWEEN_CHECKS = Duration.ofSeconds(10);

    private final Map<String, Object> adminConfig;
    private final Set<String> topics = ConcurrentHashMap.newKeySet();
    private final Map<String, Uuid> known = new ConcurrentHashMap<>();
    // the last known id, even while the topic is gone
    private final Map<String, Uuid> before = new ConcurrentHashMap<>();
    private final Set<Uuid> over = ConcurrentHashMap.newKeySet();
    private final ReentrantLock asking = new ReentrantLock();
    private @Nullable ClusterAdmin cluster;
    private final PeriodicTask checks = new PeriodicTask(
            "rm-topic-ids",
            BETWEEN_CHECKS,
            this::check,
            thrown -> log.debug("The ids of topics cannot be checked; those known before stay", thrown));
    private volatile boolean running;

    public TopicIds(Map<String, Object> adminConfig) {
        this.adminConfig = adminConfig;
    }

    /**
     * Returns the topic's id, from memory if it is there, else from the cluster.
     *
     * @throws KafkaException if the cluster does not answer, or has no such topic
     */
    public Uuid resolve(String topic) {
        Uuid id = known.get(topic);
        if (id == null) {
            refresh(List.of(topic));
            id = known.get(topic);
        }
        if (id == null) {
            throw new UnknownTopicOrPartitionException("Topic " + topic + " does not exist any more");
        }
        return id;
    }

    /** Returns the topic's id if it is in memory; never asks the cluster. */
    public Optional<Uuid> known(String topic) {
        return Optional.ofNullable(known.get(topic));
    }

    /**
     * Reads the ids of these topics from the cluster, with one request.
     *
     * @return the topics whose id has changed
     * @throws KafkaException if the cluster does not answer; the known ids stay
     */
    public Set<String> refresh(Collection<String> names) {
        topics.addAll(names);
        asking.lock();
        try {
            if (cluster == null) {
                cluster = ClusterAdmin.open(adminConfig);
            }
            checkFromNowOn();
            return take(cluster.describe(names));
        } catch (RetriableException e) {
            closeClient(); // the brokers' names may resolve to other addresses by now
            throw e;
        } finally {
            asking.unlock();
        }
    }

    /** Reads the ids of all topics that were ever asked for; see {@link #refresh}. */
    public Set<String> check() {
        return topics.isEmpty() ? Set.of() : refresh(Set.copyOf(topics));
    }

    private Set<String> take(ClusterAnswers<String, TopicDescription> clusterAnswers) {
        Set<String> changed = clusterAnswers.given().entrySet().stream()
                .filter(each -> store(each.getKey(), each.getValue().topicId()))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
        clusterAnswers.refused().forEach((name, reason) -> {
            if (!(reason instanceof UnknownTopicOrPartitionException)) {
                throw reason;
            }
            known.remove(name);
        });
        return changed;
    }

    // returns whether the topic has another id than before
    private boolean store(String name, Uuid id) {
        if (over.contains(id)) {
            return false; // from a broker that lags behind: an old id never comes back
        }
        known.put(name, id);
        Uuid old = before.put(name, id);
        if (old == null || old.equals(id)) {
            return false;
        }
        over.add(old);
        log.warn(
                "Topic {} was deleted and created again: its id was {} and is {}. Its offsets start again",
                name,
                old,
                id);
        return true;
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

    // only once a topic is asked for: an application that only publishes needs neither thread nor connection
    private void checkFromNowOn() {
        if (running && !topics.isEmpty()) {
            checks.startAfterInterval();
        }
    }

    @Override
    public void stop() {
        checks.stop(); // before the lock, which the thread may hold
        asking.lock();
        try {
            running = false;
            checks.stop(); // started meanwhile, perhaps
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
        return StartPhases.TOPICS;
    }
}
