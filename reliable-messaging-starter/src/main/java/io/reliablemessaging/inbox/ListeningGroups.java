package io.reliablemessaging.inbox;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The consumer groups that this instance listens in; listeners add theirs. Only their rows are ever deleted here: an instance
 * with other listeners may have been told to remember for longer.
 */
public final class ListeningGroups {

    private final Set<String> all = ConcurrentHashMap.newKeySet();
    private volatile Runnable first = () -> {};

    ListeningGroups() {}

    public void add(String group) {
        all.add(group);
        first.run();
    }

    /** Has something done as soon as there is a group, at once if there is. It must not mind being done again. */
    void onFirst(Runnable action) {
        first = action;
        if (!all.isEmpty()) {
            action.run();
        }
    }

    Set<String> all() {
        return Set.copyOf(all);
    }
}
