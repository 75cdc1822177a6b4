package io.reliablemessaging.pause;

import io.reliablemessaging.MessagingSnapshot.Listener.Pause;
import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.timing.PeriodicTask;
import io.reliablemessaging.timing.StartPhases;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.context.SmartLifecycle;

/**
 * Knows which listeners of this instance a person has paused, and carries out such commands for all instances:
 *
 * <ol>
 *   <li>a command is stored in the database, so that it survives restarts;
 *   <li>each instance with listeners reads all pauses every two seconds, with one query; the instance that was commanded reads
 *       them at once;
 *   <li>before the first answer, no handler may be called: after a restart, a paused listener handles nothing;
 *   <li>an instance that gets no answer keeps what it knows.
 * </ol>
 */
public final class ListenerPauses implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(ListenerPauses.class);
    private static final Duration READ_EVERY = Duration.ofSeconds(2);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

    private final PausedListeners table;
    private final List<Followed> listeners = new CopyOnWriteArrayList<>();
    private final FailureLog failures;
    private final PeriodicTask task;
    private final Object reading = new Object();
    private volatile Runnable changed = () -> {};
    private volatile @Nullable Map<PausedTopic, Pause> known;
    private boolean running;

    ListenerPauses(PausedListeners table, Infrastructure infrastructure) {
        this.table = table;
        this.failures = new FailureLog(
                log,
                Level.WARN,
                infrastructure,
                "It cannot be read which listeners are paused. This instance keeps what it knows; if it has just started, its listeners handle nothing until it can be read",
                "It can be read again which listeners are paused");
        this.task = new PeriodicTask("rm-pauses", READ_EVERY, this::read, this::noteFailure);
    }

    /** Sets what is called after each reading that has changed something: listeners may have work again. */
    public void onChange(Runnable action) {
        changed = action;
    }

    /** Adds a listener. From the first one on, the pauses are read while this is running. */
    public ListenerPause add(String id, String group, Collection<String> topics) {
        Followed added = new Followed(
                id, topics.stream().map(topic -> new PausedTopic(group, topic)).toList());
        listeners.add(added);
        update();
        return added;
    }

    /** Removes a listener. After the last one, nothing is read. */
    public void remove(String id) {
        listeners.removeIf(each -> each.id.equals(id));
        update();
    }

    private synchronized void update() {
        if (running && !listeners.isEmpty()) {
            task.start();
        } else {
            task.stop(STOP_LIMIT);
            known = null; // whatever is started next must not rely on it
        }
    }

    /**
     * Pauses a listener in all instances. This instance calls none of its handlers after the return.
     *
     * @return false if it was paused before; nothing was changed then
     */
    public boolean pause(String id, String group, Collection<String> topics, String reason, String who) {
        boolean paused = table.pause(new PausedListeners.Named(id, group, topics), reason, who);
        readNow();
        return paused;
    }

    /**
     * Has a listener go on in all instances.
     *
     * @return false if it was not paused; nothing was changed then
     */
    public boolean resume(String id, String group, Collection<String> topics, String reason, String who) {
        boolean resumed = table.resume(new PausedListeners.Named(id, group, topics), reason, who);
        readNow();
        return resumed;
    }

    // the command is committed: it must not fail because its effect here comes two seconds later
    private void readNow() {
        try {
            read();
        } catch (RuntimeException e) {
            noteFailure(e);
        }
    }

    private void noteFailure(Throwable failure) {
        synchronized (reading) {
            failures.failed(failure);
        }
    }

    // one after the other: an answer from before a command must not replace the one from after it
    private void read() {
        boolean isNew;
        synchronized (reading) {
            Map<PausedTopic, Pause> before = known;
            Map<PausedTopic, Pause> now = table.read();
            known = now;
            isNew = !now.equals(before);
            if (isNew) {
                listeners.forEach(each -> each.logChange(before == null ? Map.of() : before, now));
            }
            failures.worked();
        }
        if (isNew) {
            changed.run();
        }
    }

    @Override
    public synchronized void start() {
        running = true;
        update();
    }

    @Override
    public synchronized void stop() {
        running = false;
        update();
    }

    @Override
    public synchronized boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return StartPhases.PAUSES;
    }

    /** A listener of this instance. */
    private final class Followed implements ListenerPause {

        private final String id;
        private final List<PausedTopic> topics;

        private Followed(String id, List<PausedTopic> topics) {
            this.id = id;
            this.topics = topics;
        }

        @Override
        public boolean mayHandle() {
            Map<PausedTopic, Pause> now = known;
            return now != null && find(now).isEmpty();
        }

        @Override
        public Optional<Pause> find() {
            Map<PausedTopic, Pause> now = known;
            return now == null ? Optional.empty() : find(now);
        }

        private Optional<Pause> find(Map<PausedTopic, Pause> pauses) {
            for (PausedTopic topic : topics) {
                Pause pause = pauses.get(topic);
                if (pause != null) {
                    return Optional.of(pause);
                }
            }
            return Optional.empty();
        }

        private void logChange(Map<PausedTopic, Pause> before, Map<PausedTopic, Pause> now) {
            Optional<Pause> pause = find(now);
            if (pause.isPresent() && find(before).isEmpty()) {
                log.info(
                        "Listener {} is paused by {} since {}: its handlers are not called in any instance until MessagingOperations.resumeListener",
                        id,
                        pause.get().who(),
                        pause.get().since());
            } else if (pause.isEmpty() && find(before).isPresent()) {
                log.info("Listener {} is not paused any more and goes on", id);
            }
        }
    }
}
