package io.reliablemessaging.faults;

import java.util.Set;

/**
 * Something that is broken for a while.
 *
 * @param kind what it is counted as
 * @param targets what it breaks; nothing is broken twice at once
 * @param begin breaks it
 * @param heal repairs it; must not wait for others to be repaired
 */
record Fault(String kind, Set<Object> targets, Action begin, Action heal) {

    /** May fail: whatever it meets is broken already. */
    interface Action {
        void run() throws Exception;
    }

    @Override
    public String toString() {
        return kind + " " + targets;
    }
}
