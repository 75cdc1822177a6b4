package io.reliablemessaging.consumer;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds the memory that records take which were read and are not finished, over all listeners of this instance. A listener
 * that holds less than its share may always read on, whatever the others hold: a slow one stops nobody else.
 */
final class MemoryBudget {

    private final long limit;
    private final AtomicLong held = new AtomicLong();
    private final Set<Account> accounts = ConcurrentHashMap.newKeySet();

    /** What one listener holds. */
    final class Account {

        private final AtomicLong mine = new AtomicLong();

        private Account() {}

        void add(long bytes) {
            mine.addAndGet(bytes);
            held.addAndGet(bytes);
        }

        void remove(long bytes) {
            mine.addAndGet(-bytes);
            held.addAndGet(-bytes);
        }

        /** Bytes that this listener holds. */
        long bytes() {
            return mine.get();
        }

        /** Whether this listener may read more records. */
        boolean mayRead() {
            return held.get() < limit || mine.get() < share();
        }

        /**
         * Whether this listener may read on for other keys where lines are stuck: what waits behind slow messages takes at most
         * half of the memory, so that all that flows has the rest.
         */
        boolean mayReadAhead() {
            return held.get() < limit / 2 || mine.get() < share() / 2;
        }

        /** Bytes that a stuck partition of this listener may hold in any case, if it has so many partitions. */
        long shareOfStuck(int partitions) {
            return share() / (2L * Math.max(1, partitions));
        }

        /** Ends it; what it still holds is forgotten when it is finished. */
        void close() {
            accounts.remove(this);
        }
    }

    /**
     * Creates a budget.
     *
     * @param limit most bytes of records
     */
    MemoryBudget(long limit) {
        this.limit = limit;
    }

    Account open() {
        Account account = new Account();
        accounts.add(account);
        return account;
    }

    /** Bytes that records take now. */
    long bytes() {
        return held.get();
    }

    long limit() {
        return limit;
    }

    /** How many listeners share it. */
    int accounts() {
        return accounts.size();
    }

    /** Bytes that a listener may hold in any case. */
    long share() {
        return limit / (2L * Math.max(1, accounts.size()));
    }
}
