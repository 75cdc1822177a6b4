package io.reliablemessaging.faults.bank;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** How a business transaction goes about publishing. */
enum Kind {
    /** Locks the account, publishes, commits. */
    PLAIN(50),
    /** Publishes first and locks the account then: the lock decides the order, not the call. */
    PUBLISHED_FIRST(15),
    /** One transaction over several accounts. */
    SEVERAL(10),
    /** Publishes a message that is to be sent later. */
    DELAYED(6),
    /** Publishes and then thinks better of it. */
    ROLLED_BACK(10),
    /** Publishes, publishes more under a savepoint, and rolls back to it. */
    SAVEPOINT(8),
    /** Publishes, and is overtaken by an independent transaction on the same account before it gets the lock. */
    OVERTAKEN(8),
    /** Publishes, lets a statement fail, catches its exception and commits: PostgreSQL has aborted the transaction. */
    ABORTED(6),
    /** Publishes and rolls back, with an independent transaction in between that commits. */
    REQUIRES_NEW(7);

    private static final int TOTAL =
            Arrays.stream(values()).mapToInt(kind -> kind.weight).sum();

    private final int weight;

    Kind(int weight) {
        this.weight = weight;
    }

    static Kind any(RandomGenerator random) {
        int drawn = random.nextInt(TOTAL);
        for (Kind kind : values()) {
            drawn -= kind.weight;
            if (drawn < 0) {
                return kind;
            }
        }
        throw new IllegalStateException("Weights do not add up");
    }
}
