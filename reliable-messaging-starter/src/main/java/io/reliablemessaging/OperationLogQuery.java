package io.reliablemessaging;

import org.jspecify.annotations.Nullable;

/**
 * Selects entries of the operation log. A condition that is null or left out selects all.
 *
 * <pre>{@code
 * OperationLogQuery.all().who("olive").limit(20)
 * }</pre>
 *
 * @param who the person or job that gave the command, in full
 * @param action what was done, in full
 * @param target what it was done to, in full
 * @param before only those with a lower {@link OperationLogEntry#id()}; for the next page, the last id of this page
 * @param limit at most so many, the highest ids first; 1 to 1,000
 */
public record OperationLogQuery(
        @Nullable String who,
        @Nullable String action,
        @Nullable String target,
        long before,
        int limit) {

    private static final int PAGE = 100;
    private static final int LARGEST_PAGE = 1_000;

    /**
     * Checks the limit.
     *
     * @throws IllegalArgumentException if the limit is not from 1 to 1,000
     */
    public OperationLogQuery {
        if (limit < 1 || limit > LARGEST_PAGE) {
            throw new IllegalArgumentException(
                    "A page of the operation log cannot have %d entries: the limit must be from 1 to %d. For the entries that follow, ask for those before the last id of the page"
                            .formatted(limit, LARGEST_PAGE));
        }
    }

    /** Selects all entries, 100 at a time. */
    public static OperationLogQuery all() {
        return new OperationLogQuery(null, null, null, Long.MAX_VALUE, PAGE);
    }

    public OperationLogQuery who(@Nullable String wanted) {
        return new OperationLogQuery(wanted, action, target, before, limit);
    }

    public OperationLogQuery action(@Nullable String wanted) {
        return new OperationLogQuery(who, wanted, target, before, limit);
    }

    public OperationLogQuery target(@Nullable String wanted) {
        return new OperationLogQuery(who, action, wanted, before, limit);
    }

    public OperationLogQuery before(long wanted) {
        return new OperationLogQuery(who, action, target, wanted, limit);
    }

    public OperationLogQuery limit(int wanted) {
        return new OperationLogQuery(who, action, target, before, wanted);
    }
}
