package io.reliablemessaging.inbox;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArraySet;

/**
 * Holds the consumer groups that this instance listens in; listeners add theirs. Only the rows of these groups are deleted here: an
 * instance with other listeners may be set to remember for longer.
 */
public final class ListeningGroups {

    private final Set<String> all = ConcurrentHashMap.newKeySet();
    private final Set<Runnable> actions = new CopyOnWriteArraySet<>();

    ListeningGroups() {}

    public void add(String group) {
        all.add(group);
        actions.forEach(Runnable::run);
    }

    /** Runs an action as soon as there is a group, at once if there is one. The action may run several times, and is registered once. */
    public void onFirst(Runnable action) {
        actions.add(action);
        if (!all.isEmpty()) {
            action.run();
        }
    }

    Set<String> all() {
        return Set.copyOf(all);
    }
}
