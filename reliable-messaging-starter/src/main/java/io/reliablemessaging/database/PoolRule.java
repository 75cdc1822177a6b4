package io.reliablemessaging.database;

import io.reliablemessaging.Finding;
import io.reliablemessaging.audit.FindingCode;
import io.reliablemessaging.database.HandlerConnections.Need;
import java.util.List;
import java.util.Optional;

/**
 * Decides whether the connection pool is large enough for what is configured: with fewer connections than one message of
 * each listener needs, beside those of our own threads and the host, a slow listener stops the others.
 */
final class PoolRule {

    private PoolRule() {}

    /**
     * Judges the size of a pool.
     *
     * @param most maximum size of the pool
     * @param others connections that handlers leave to others
     * @param needs connections that the listeners need
     */
    static Optional<Finding> judge(int most, int others, List<Need> needs) {
        int least = others + needs.stream().mapToInt(Need::each).sum();
        if (needs.isEmpty() || most >= least) {
            return Optional.empty();
        }
        long all = others
                + needs.stream()
                        .mapToLong(need -> (long) need.each() * need.concurrency())
                        .sum();
        return Optional.of(FindingCode.POOL_TOO_SMALL.finding(
                "connection pool",
                most + " connections",
                "at least %d, for one message of each of %d listeners at once; %d for as many as they may handle at once"
                        .formatted(least, needs.size(), all),
                "Raise spring.datasource.hikari.maximum-pool-size, and max_connections of PostgreSQL with it."));
    }
}
