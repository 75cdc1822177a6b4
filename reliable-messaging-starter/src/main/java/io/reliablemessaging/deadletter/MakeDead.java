package io.reliablemessaging.deadletter;

import io.reliablemessaging.DeadLetterNotChangedException;
import io.reliablemessaging.deadletter.MakeDeadTransaction.Begun;
import io.reliablemessaging.deadletter.MakeDeadTransaction.End;
import io.reliablemessaging.deadletter.MakeDeadTransaction.Order;
import io.reliablemessaging.inbox.Inbox;
import io.reliablemessaging.outbox.OutboxTable;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.core.task.AsyncTaskExecutor;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.PessimisticLockingFailureException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Makes one message a dead letter at a person's word. A handler that has it may come to its end for a moment; if it does not,
 * PostgreSQL ends its session. Its transaction is then rolled back, whatever its thread does later and in whichever instance,
 * also in one that was stopped or that nobody can reach.
 */
public final class MakeDead {

    private static final Logger log = ReadableLogger.of(MakeDead.class);

    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(200);
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration PASSING = Duration.ofSeconds(1);

    // Whoever holds what that session waits for, and has written to a table that every handler's transaction writes
    // to before its handler is called. Others, such as a person who alters a table, are waited for.
    private static final String END_HANDLER = """
            select pg_catalog.count(*) filter (where pg_catalog.pg_terminate_backend(pid))
              from (select distinct pid from pg_catalog.pg_locks
                     where pid = any (pg_catalog.pg_blocking_pids(:session::int))
                       and locktype = 'relation' and mode = 'RowExclusiveLock' and granted
                       and relation in ('reliable_messaging.inbox_message'::regclass::oid,
                                        'reliable_messaging.parked_message'::regclass::oid)
                       and database = (select oid from pg_catalog.pg_database
                                        where datname = pg_catalog.current_database())) handlers
            """;

    private final JdbcClient jdbc;
    private final String endHandler;
    private final MakeDeadTransaction transaction;
    private final AsyncTaskExecutor threads = new SimpleAsyncTaskExecutor("rm-command-");

    MakeDead(
            DataSource autoCommit,
            Schema schema,
            TransactionOperations transactions,
            Supplier<Inbox> inbox,
            Supplier<OutboxTable> outbox) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.endHandler = schema.in(END_HANDLER);
        this.transaction = new MakeDeadTransaction(autoCommit, schema, transactions, inbox, outbox);
    }

    /**
     * Makes a message dead that was read from its topic, whether the group has begun with it or not.
     *
     * @return false if it was a dead letter before
     * @throws DeadLetterNotChangedException if the group has taken charge of it, and it waits no more
     */
    public boolean one(ReceivedMessage message, String who, String reason) {
        End end = insisting(begun -> transaction.one(message, new Order(who, reason), LIMIT, begun));
        return answered(
                end,
                "Message %s was not made a dead letter: group %s has handled it, or a person has discarded it"
                        .formatted(message.message().id(), message.group()));
    }

    /** The same for one that was set aside, by the number of its row. */
    boolean one(long id, Order order) {
        End end = insisting(begun -> transaction.one(id, order, LIMIT, begun));
        return answered(
                end,
                "Message %d was not made a dead letter: there is none of that number. It may have been handled or discarded since; table operation_log tells"
                        .formatted(id));
    }

    /**
     * Makes one dead that was set aside, unless a handler has it.
     *
     * @return whether it was made dead now
     * @throws PessimisticLockingFailureException if a handler has it
     */
    boolean oneInPassing(long id, Order order) {
        return transaction.one(id, order, PASSING, session -> {}) == End.DEAD;
    }

    private static boolean answered(End end, String done) {
        return switch (end) {
            case DEAD -> true;
            case WAS_DEAD -> false;
            case DONE -> throw new DeadLetterNotChangedException(done);
        };
    }

    private End insisting(Function<Begun, End> command) {
        AtomicInteger session = new AtomicInteger();
        CompletableFuture<End> answer = CompletableFuture.supplyAsync(() -> command.apply(session::set), threads);
        long patience = System.nanoTime() + PATIENCE.toNanos();
        try {
            while (true) {
                try {
                    return answer.get(BETWEEN_LOOKS.toMillis(), TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    if (System.nanoTime() - patience > 0) {
                        endHandler(session.get());
                    }
                }
            }
        } catch (ExecutionException e) {
            throw thrown(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DeadLetterNotChangedException(
                    "The command was interrupted; it may have been carried out. Give it again", e);
        }
    }

    private void endHandler(int session) {
        if (session == 0) {
            return; // it waits for a connection
        }
        try {
            int ended = jdbc.sql(endHandler)
                    .param("session", session)
                    .query(Integer.class)
                    .single();
            if (ended > 0) {
                log.warn(
                        "{} sessions of handlers were ended, because a person has made their message a dead letter; their work is rolled back",
                        ended);
            }
        } catch (DataAccessException e) {
            throw new DeadLetterNotChangedException(
                    "A handler has the message, and its database session could not be ended. Stop that instance, or have the"
                            + " session ended by a role that may (pg_terminate_backend), and give the command again",
                    e);
        }
    }

    private static RuntimeException thrown(@Nullable Throwable cause) {
        if (cause instanceof PessimisticLockingFailureException) {
            return new DeadLetterNotChangedException(
                    "The message was not made a dead letter: somebody has it and its key for longer than %d seconds. Try again later"
                            .formatted(LIMIT.toSeconds()),
                    cause);
        }
        if (cause instanceof RuntimeException known) {
            known.addSuppressed(
                    new CompletionException("asked for here", null)); // the other thread's trace shows no caller
            return known;
        }
        return new IllegalStateException(cause);
    }
}
