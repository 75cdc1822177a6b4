package io.reliablemessaging.deadletter;

import io.reliablemessaging.DeadLetterNotChangedException;
import io.reliablemessaging.deadletter.MakeDeadTransaction.Begun;
import io.reliablemessaging.deadletter.MakeDeadTransaction.End;
import io.reliablemessaging.deadletter.MakeDeadTransaction.Order;
import io.reliablemessaging.failures.FailureGroups;
import io.reliablemessaging.inbox.Inbox;
import io.reliablemessaging.outbox.OutboxTable;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.wire.ReceivedMessage;
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
 * Makes one message a dead letter at a person's command. A handler that has it gets a short time to finish; then PostgreSQL
 * terminates its session. Its transaction is rolled back, whatever its thread does later, in whichever instance it runs,
 * even in one that is suspended or unreachable.
 */
public final class MakeDead {

    private static final Logger log = ReadableLogger.of(MakeDead.class);

    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(200);
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration PASSING = Duration.ofSeconds(1);

    // Sessions that block our session, and that have written to a table which every handler's transaction writes to
    // before it calls the handler. Other sessions, such as that of a person who alters a table, are waited for.
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
            FailureGroups groups,
            Supplier<Inbox> inbox,
            Supplier<OutboxTable> outbox) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.endHandler = schema.in(END_HANDLER);
        this.transaction = new MakeDeadTransaction(autoCommit, schema, transactions, groups, inbox, outbox);
    }

    /**
     * Makes a message that was read from its topic a dead letter, whether the group has begun with it or not.
     *
     * @return false if it was a dead letter before
     * @throws DeadLetterNotChangedException if the group has taken charge of it and it waits no more
     */
    public boolean makeDead(ReceivedMessage message, String who, String reason) {
        End end = insist(begun -> transaction.makeDead(message, new Order(who, reason), LIMIT, begun));
        return wasChanged(
                end,
                "Message %s was not made a dead letter: group %s has handled it, or a person has discarded it"
                        .formatted(message.message().id(), message.group()));
    }

    /** Makes a parked message a dead letter, by the number of its row. */
    boolean makeDead(long id, Order order) {
        End end = insist(begun -> transaction.makeDead(id, order, LIMIT, begun));
        return wasChanged(
                end,
                "Message %d was not made a dead letter: there is none with this number. It may have been handled or discarded; see table operation_log"
                        .formatted(id));
    }

    /**
     * Makes a parked message a dead letter, unless a handler has it.
     *
     * @return whether it was changed
     * @throws PessimisticLockingFailureException if a handler has it
     */
    boolean makeDeadIfFree(long id, Order order) {
        return transaction.makeDead(id, order, PASSING, session -> {}) == End.DEAD;
    }

    private static boolean wasChanged(End end, String done) {
        return switch (end) {
            case DEAD -> true;
            case WAS_DEAD -> false;
            case DONE -> throw new DeadLetterNotChangedException(done);
        };
    }

    private End insist(Function<Begun, End> command) {
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
            throw translate(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DeadLetterNotChangedException(
                    "The command was interrupted; it may have been carried out. Give it again", e);
        }
    }

    private void endHandler(int session) {
        if (session == 0) {
            return; // it still waits for a connection
        }
        try {
            int ended = jdbc.sql(endHandler)
                    .param("session", session)
                    .query(Integer.class)
                    .single();
            if (ended > 0) {
                log.warn(
                        "{} sessions of handlers were terminated, because a person has made their message a dead letter; their work is rolled back",
                        ended);
            }
        } catch (DataAccessException e) {
            throw new DeadLetterNotChangedException(
                    "A handler has the message, and its database session could not be terminated. Stop that instance, or have the"
                            + " session terminated by a role that may (pg_terminate_backend), and give the command again",
                    e);
        }
    }

    private static RuntimeException translate(@Nullable Throwable cause) {
        if (cause instanceof PessimisticLockingFailureException) {
            return new DeadLetterNotChangedException(
                    "The message was not made a dead letter: another transaction has held it or its key for more than %d seconds. Try again later"
                            .formatted(LIMIT.toSeconds()),
                    cause);
        }
        if (cause instanceof RuntimeException known) {
            known.addSuppressed(new CompletionException(
                    "called from here", null)); // the other thread's trace does not show the caller
            return known;
        }
        return new IllegalStateException(cause);
    }
}
