package io.reliablemessaging.inbox;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Holds the consumer groups that this instance listens in; listeners add theirs. Only the rows of these groups are deleted here: an
 * instance with other listeners may be set to remember for longer.
 */
public final class ListeningGroups {

    private final Set<String> all = ConcurrentHashMap.newKeySet();
    private final List<Runnable> actions = new CopyOnWriteArrayList<>();

    ListeningGroups() {}

    public void add(String group) {
        all.add(group);
        actions.forEach(Runnable::run);
    }

    /** Runs an action as soon as there is a group, at once if there is one. The action may run several times. */
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
