package io.reliablemessaging.lines;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds the memory of unfinished records over all listeners of this instance. A listener that uses less than its share may
 * always read on, whatever others use: a slow listener stops no other one.
 */
public final class MemoryBudget {

    private final long limit;
    private final AtomicLong held = new AtomicLong();
    private final Set<Account> accounts = ConcurrentHashMap.newKeySet();

    /** Counts the memory that one listener uses. */
    public final class Account {

        private final AtomicLong mine = new AtomicLong();

        private Account() {}

        public void add(long bytes) {
            mine.addAndGet(bytes);
            held.addAndGet(bytes);
        }

        public void remove(long bytes) {
            mine.addAndGet(-bytes);
            held.addAndGet(-bytes);
        }

        /** Returns the bytes that this listener uses. */
        public long bytes() {
            return mine.get();
        }

        /** Tells whether this listener may read more records. */
        public boolean mayRead() {
            return held.get() < limit || mine.get() < share();
        }

        /**
         * Tells whether this listener may read on for other keys where lines are stuck. Records that wait behind slow
         * messages take at most half of the memory; the rest is for all others.
         */
        public boolean mayReadAhead() {
            return held.get() < limit / 2 || mine.get() < share() / 2;
        }

        /** Returns the bytes that a stuck partition of this listener may use in any case, if it has so many partitions. */
        public long shareOfStuck(int partitions) {
            return share() / (2L * Math.max(1, partitions));
        }

        /** Closes the account. Records that are still counted are subtracted when they are finished. */
        public void close() {
            accounts.remove(this);
        }
    }

    /**
     * Creates a budget.
     *
     * @param limit most bytes of records
     */
    public MemoryBudget(long limit) {
        this.limit = limit;
    }

    public Account open() {
        Account account = new Account();
        accounts.add(account);
        return account;
    }

    /** Returns the bytes that unfinished records take now. */
    public long bytes() {
        return held.get();
    }

    public long limit() {
        return limit;
    }

    /** Returns how many listeners share the budget. */
    public int accounts() {
        return accounts.size();
    }

    /** Returns the bytes that a listener may use in any case. */
    long share() {
        return limit / (2L * Math.max(1, accounts.size()));
    }
}
