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
 * Carries out decisions, each chunk of messages in a transaction of its own: dies here, and what was committed is done, the
 * rest is as it was. Keys that are in use are left for the end, all their messages together, so that one slow handler holds
 * nobody up and the order of a key is kept.
 */
final class Decisions {

    private static final int CHUNK = 200;

    private static final String CANDIDATES = """
            select m.id, m.consumer_group, m.topic, m.queue, m.state = 'DEAD' as dead
              from reliable_messaging.parked_message m
             where\s""";

    private final JdbcClient jdbc;
    private final Schema schema;
    private final TransactionOperations transactions;
    private final KeyLocks locks;

    Decisions(JdbcClient jdbc, Schema schema, TransactionOperations transactions) {
        this.jdbc = jdbc;
        this.schema = schema;
        this.transactions = transactions;
        this.locks = new KeyLocks(jdbc, schema);
    }

    private record Key(String group, String topic, UUID queue) {}

    private record Candidate(long id, Key key, boolean dead) {}

    /**
     * Decides about one message.
     *
     * @return whether it has made a difference
     * @throws PessimisticLockingFailureException if its key is in use, and stays so for some seconds
     */
    boolean aboutOne(long id, Decision decision) {
        return aboutDead(List.of(id), decision, 0, true).size() == 1 || aboutWaiting(List.of(id), decision, 0) == 1;
    }

    /**
     * Decides about all messages that match.
     *
     * @return how many it has made a difference for
     * @throws DeadLetterNotChangedException if some of their keys are in use and stay so for some seconds
     */
    int aboutAll(DeadLetterQuery query, Decision decision) {
        int limit = Objects.requireNonNullElse(query.limit(), Integer.MAX_VALUE);
        DeadLetterQuery next = query;
        Set<Key> busy = new HashSet<>();
        List<Long> left = new ArrayList<>();
        int done = 0;
        List<Candidate> chunk = candidates(next, Math.min(CHUNK, limit));
        while (!chunk.isEmpty()) {
            List<Long> decided = aboutFree(ids(chunk, true, busy), decision, done);
            for (Candidate each : chunk) {
                if (each.dead() && !decided.contains(each.id())) {
                    busy.add(each.key());
                    left.add(each.id());
                }
            }
            done += decided.size();
            done += aboutWaiting(ids(chunk, false, Set.of()), decision, done);
            limit -= chunk.size();
            next = next.after(chunk.get(chunk.size() - 1).id());
            chunk = limit == 0 ? List.of() : candidates(next, Math.min(CHUNK, limit));
        }
        return done + aboutLeft(left, decision, done);
    }

    private int aboutLeft(List<Long> left, Decision decision, int position) {
        int done = 0;
        int inUse = 0;
        @Nullable PessimisticLockingFailureException cause = null;
        for (Long id : left) {
            try {
                done += aboutDead(List.of(id), decision, position + done, true).size();
            } catch (PessimisticLockingFailureException e) {
                inUse++;
                cause = e;
            }
        }
        if (cause != null) {
            throw new DeadLetterNotChangedException(
                    ("%d dead letters are as they were, because messages of their keys are being handled right now; %d"
                                    + " others are done. Give the command again for the rest")
                            .formatted(inUse, position + done),
                    cause);
        }
        return done;
    }

    private List<Long> aboutFree(List<Long> ids, Decision decision, int position) {
        try {
            return aboutDead(ids, decision, position, false);
        } catch (PessimisticLockingFailureException e) {
            return List.of(); // somebody is parking the first message of one of the keys: one by one, at the end
        }
    }

    private List<Long> aboutDead(List<Long> ids, Decision decision, int position, boolean wait) {
        if (ids.isEmpty()) {
            return List.of();
        }
        return Objects.requireNonNull(transactions.execute(status -> {
            List<Long> dead = locks.take(ids, wait);
            if (!dead.isEmpty()) {
                decision.about(dead, position);
            }
            return dead;
        }));
    }

    private int aboutWaiting(List<Long> ids, Decision decision, int position) {
        return ids.isEmpty() ? 0 : decision.aboutWaiting(ids, position);
    }

    private static List<Long> ids(List<Candidate> chunk, boolean dead, Set<Key> except) {
        return chunk.stream()
                .filter(each -> each.dead() == dead && !except.contains(each.key()))
                .map(Candidate::id)
                .toList();
    }

    private List<Candidate> candidates(DeadLetterQuery query, int limit) {
        Condition condition = Condition.of(query);
        return jdbc.sql(schema.in(CANDIDATES + condition.sql() + " order by m.id limit :limit::bigint"))
                .params(condition.params())
                .param("limit", limit)
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
