package io.reliablemessaging.deadletter;

import io.reliablemessaging.DeadLetterNotChangedException;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.schema.Schema;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.PessimisticLockingFailureException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Applies decisions to messages, each chunk in a transaction of its own: if the process dies, committed chunks are done and the
 * rest is unchanged. Keys that are in use are left for the end, all their messages together, so that one slow handler holds
 * up no other key, and the order of a key is preserved.
 */
final class BulkCommands {

    private static final int CHUNK = 200;

    private static final String CANDIDATES = """
            select m.id, m.consumer_group, m.topic, m.queue, m.state = 'DEAD' as dead
              from reliable_messaging.parked_message m
             where m.id = any (array(%s))
             order by m.id
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final TransactionOperations transactions;
    private final KeyLocks locks;

    BulkCommands(JdbcClient jdbc, Schema schema, TransactionOperations transactions) {
        this.jdbc = jdbc;
        this.schema = schema;
        this.transactions = transactions;
        this.locks = new KeyLocks(jdbc, schema);
    }

    /** A person's decision about some messages. */
    interface Decision {

        /**
         * Applies the decision to dead letters that the current transaction has locked, with their keys.
         *
         * @param dead their ids, in order
         * @param position how many messages it was applied to before
         */
        void applyToDead(List<Long> dead, int position);

        /**
         * Applies the decision to parked messages.
         *
         * @param parked their ids, in order
         * @param position how many messages it was applied to before
         * @return how many of them were changed
         */
        int applyToParked(List<Long> parked, int position);
    }

    private record Key(String group, String topic, UUID queue) {}

    private record Candidate(long id, Key key, boolean dead) {}

    /**
     * Applies a decision to one message.
     *
     * @return whether the message was changed
     * @throws PessimisticLockingFailureException if its key is in use for some seconds more
     */
    boolean applyToOne(long id, Decision decision) {
        return applyToDead(List.of(id), decision, 0, true).size() == 1 || applyToParked(List.of(id), decision, 0) == 1;
    }

    /**
     * Applies a decision to all messages that match.
     *
     * @return how many were changed
     * @throws DeadLetterNotChangedException if some of their keys are in use for some seconds more
     */
    int applyToAll(DeadLetterQuery query, Decision decision) {
        int limit = Objects.requireNonNullElse(query.limit(), Integer.MAX_VALUE);
        DeadLetterQuery next = query;
        Set<Key> busy = new HashSet<>();
        List<Long> left = new ArrayList<>();
        int done = 0;
        List<Candidate> chunk = candidates(next, Math.min(CHUNK, limit));
        while (!chunk.isEmpty()) {
            List<Long> decided = applyToFree(ids(chunk, true, busy), decision, done);
            for (Candidate each : chunk) {
                if (each.dead() && !decided.contains(each.id())) {
                    busy.add(each.key());
                    left.add(each.id());
                }
            }
            done += decided.size();
            done += applyToParked(ids(chunk, false, Set.of()), decision, done);
            limit -= chunk.size();
            next = next.after(chunk.get(chunk.size() - 1).id());
            chunk = limit == 0 ? List.of() : candidates(next, Math.min(CHUNK, limit));
        }
        return done + applyToRest(left, decision, done);
    }

    private int applyToRest(List<Long> left, Decision decision, int position) {
        int done = 0;
        int inUse = 0;
        @Nullable PessimisticLockingFailureException cause = null;
        for (Long id : left) {
            try {
                done += applyToDead(List.of(id), decision, position + done, true)
                        .size();
            } catch (PessimisticLockingFailureException e) {
                inUse++;
                cause = e;
            }
        }
        if (cause != null) {
            throw new DeadLetterNotChangedException(
                    ("%d dead letters were not changed, because messages of their keys are being handled right now; %d"
                                    + " others are done. Give the command again for the rest")
                            .formatted(inUse, position + done),
                    cause);
        }
        return done;
    }

    private List<Long> applyToFree(List<Long> ids, Decision decision, int position) {
        try {
            return applyToDead(ids, decision, position, false);
        } catch (PessimisticLockingFailureException e) {
            return List.of(); // the first message of one of the keys is just being parked: one by one, at the end
        }
    }

    private List<Long> applyToDead(List<Long> ids, Decision decision, int position, boolean wait) {
        if (ids.isEmpty()) {
            return List.of();
        }
        return Objects.requireNonNull(transactions.execute(status -> {
            List<Long> dead = locks.take(ids, wait);
            if (!dead.isEmpty()) {
                decision.applyToDead(dead, position);
            }
            return dead;
        }));
    }

    private int applyToParked(List<Long> ids, Decision decision, int position) {
        return ids.isEmpty() ? 0 : decision.applyToParked(ids, position);
    }

    private static List<Long> ids(List<Candidate> chunk, boolean dead, Set<Key> except) {
        return chunk.stream()
                .filter(each -> each.dead() == dead && !except.contains(each.key()))
                .map(Candidate::id)
                .toList();
    }

    private List<Candidate> candidates(DeadLetterQuery query, int limit) {
        DeadLetterCondition page = DeadLetterCondition.page(query, Long.MAX_VALUE, limit);
        return jdbc.sql(schema.in(CANDIDATES.formatted(page.sql())))
                .params(page.params())
                .query((row, number) -> new Candidate(
                        row.getLong("id"),
                        new Key(
                                row.getString("consumer_group"),
                                row.getString("topic"),
                                row.getObject("queue", UUID.class)),
                        row.getBoolean("dead")))
                .list();
    }
}
