package io.reliablemessaging.deadletter;

import io.reliablemessaging.failures.FailureGroups;
import io.reliablemessaging.retry.SpentAttempts;
import io.reliablemessaging.schema.AnsweringDataSource;
import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.text.FailureText;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.core.simple.JdbcClient.StatementSpec;

/**
 * Hands out parked messages, one of each key at a time:
 *
 * <ol>
 *   <li>{@link #claimDue} claims a due key, so that no other consumer gets it for a moment;
 *   <li>{@link #mark} notes that the handler is about to be called;
 *   <li>{@link #begin}, in the handler's transaction, locks the key and removes the message;
 *   <li>after the handler, {@link #advance} lets the key go on; all of it commits together;
 *   <li>then {@link #closeIfEmpty}, in a transaction of its own, removes the key if no message waits in it;
 *   <li>if the handler fails, its transaction is rolled back, and {@link #retry} or {@link #makeDead} stores what follows.
 * </ol>
 *
 * <p>A consumer that dies on the way leaves an unanswered claim; the key is claimed again when the claim has expired. Only if the
 * mark is still there, the handler may be to blame, and the claim counts ({@link KeyClaim#unanswered}). A consumer that dies between
 * steps 4 and 5 leaves a key that is due and empty: it is removed when it is claimed.
 */
public final class ParkedQueues {

    // a statement over a connection that died silently would otherwise never return
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);
    private static final int TRIES = 3;
    // empty keys may hide keys with messages
    private static final int ROUNDS = 20;

    private static final String LOCK = """
            select 1 from reliable_messaging.parked_key
             where consumer_group = :group::text and topic = :topic::text and queue = :queue::uuid and claim = :claim::bigint
               for no key update -- others may still append
            """;

    // reads the key without its lock, so it waits for no transaction
    private static final String MARK = """
            insert into reliable_messaging.parked_mark (consumer_group, topic, queue, claim, process)
            select consumer_group, topic, queue, claim, :process::uuid
              from reliable_messaging.parked_key
             where consumer_group = :group::text and topic = :topic::text and queue = :queue::uuid and claim = :claim::bigint
                on conflict (consumer_group, topic, queue) do update
               set claim = excluded.claim, process = excluded.process
            """;

    private static final String DELETE_MESSAGE = """
            delete from reliable_messaging.parked_message where id = :id::bigint and state = 'WAITING'
            """;

    private static final String ANSWER = """
            with unmarked as (
                delete from reliable_messaging.parked_mark
                 where consumer_group = :group::text and topic = :topic::text and queue = :queue::uuid
            )
            update reliable_messaging.parked_key
               set next_attempt_at = pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => :seconds::float8),
                   unanswered = 0, claimed = false, held = held or :held::boolean
             where consumer_group = :group::text and topic = :topic::text and queue = :queue::uuid
            returning exists (
                   select from reliable_messaging.parked_message m
                    where m.consumer_group = :group::text and m.topic = :topic::text and m.queue = :queue::uuid
                      and m.state = 'WAITING' and not m.in_place)
            """;

    // SKIP LOCKED: a handler of ours that is still running holds the key. Its mark is removed nevertheless.
    private static final String GIVE_BACK = """
            with unmarked as (
                delete from reliable_messaging.parked_mark
                 where (consumer_group, topic, queue) in (
                       select consumer_group, topic, queue from reliable_messaging.parked_mark
                        where consumer_group = :group::text and topic = :topic::text and queue = :queue::uuid and claim = :claim::bigint
                          for update skip locked)
            ), mine as (
                select consumer_group, topic, queue from reliable_messaging.parked_key
                 where consumer_group = :group::text and topic = :topic::text and queue = :queue::uuid and claim = :claim::bigint and claimed
                   for no key update skip locked
            )
            update reliable_messaging.parked_key k
               set next_attempt_at = pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => :seconds::float8),
                   claimed = false
              from mine
             where k.consumer_group = mine.consumer_group and k.topic = mine.topic and k.queue = mine.queue
            """;

    private static final String FAILED = """
            with failed as (
                update reliable_messaging.parked_message
                   set state = :state::text, attempts = :attempts::int, uncounted = :uncounted::int,
                       error_class = :errorClass::text, error_message = :errorMessage::text,
                       stack_trace = :stackTrace::text, fingerprint = :fingerprint::text,
                       updated_at = pg_catalog.clock_timestamp()
                 where id = :id::bigint and state = 'WAITING'
                returning id, attempts, error_class, error_message, fingerprint
            """ + ParkedMessages.STORE_FAILURE;

    private final JdbcClient outside;
    private final JdbcClient inside;
    private final Schema schema;
    private final InstantSource clock;
    private final FailureGroups groups;
    private final UUID process = UUID.randomUUID();
    private final DueKeys dueKeys;
    private final EmptyKeys emptyKeys;
    private final OrphanedMessages orphanedMessages;
    private volatile Adopted adopted = new Adopted(0, null);

    /**
     * The keys that a listener asks for.
     *
     * @param group its consumer group
     * @param topics its topics
     * @param limit how many keys it can work on now; 0 to learn only when the next one is due
     */
    public record Wanted(String group, Collection<String> topics, int limit) {}

    /**
     * The result of claiming due keys.
     *
     * @param claims keys that were due and are claimed now, of all listeners asked for
     * @param next the time until the next key of theirs becomes due; null if none becomes due by itself
     */
    public record Due(List<KeyClaim> claims, @Nullable Duration next) {}

    /**
     * Parked messages that had no owner and were scheduled again.
     *
     * @param messages how many since this instance has started
     * @param last when this happened last; null if never
     */
    public record Adopted(long messages, @Nullable Instant last) {}

    ParkedQueues(DataSource dataSource, Schema schema, InstantSource clock, FailureGroups groups) {
        DataSource autoCommit = new AnsweringDataSource(new AutoCommitDataSource(dataSource), ANSWER_LIMIT);
        this.outside = JdbcClient.create(autoCommit);
        this.inside = JdbcClient.create(dataSource);
        this.schema = schema;
        this.clock = clock;
        this.groups = groups;
        this.dueKeys = new DueKeys(outside, schema, process);
        this.emptyKeys = new EmptyKeys(autoCommit, schema);
        this.orphanedMessages = new OrphanedMessages(outside, schema);
    }

    /** Claims due keys of one listener, at most so many. Commits on its own. */
    public List<KeyClaim> claim(String group, Collection<String> topics, int limit) {
        return claimDue(List.of(new Wanted(group, topics, limit))).claims();
    }

    /** Claims due keys for all these listeners in one statement, which commits on its own. */
    public Due claimDue(List<Wanted> wanted) {
        for (int round = 1; ; round++) {
            DueKeys.Found found = retrying(() -> dueKeys.claim(wanted));
            found.empty().forEach(empty -> emptyKeys.close(empty.key(), empty.claim()));
            if (found.empty().isEmpty() || !found.due().claims().isEmpty() || round == ROUNDS) {
                return found.due();
            }
        }
    }

    /**
     * Notes that the handler is about to be called, so that an unanswered claim counts as a crash. Commits on its own.
     *
     * @return false if the claim is over; then the handler must not be called
     */
    public boolean mark(KeyClaim claim) {
        return retrying(() -> key(outside, MARK, claim)
                        .param("claim", claim.number())
                        .param("process", process)
                        .update()
                == 1);
    }

    /**
     * Takes the message in the caller's transaction, in which it is going to be handled.
     *
     * @return false if the claim is over, or a person has removed the message
     */
    public boolean begin(KeyClaim claim) {
        return lock(claim)
                && inside.sql(schema.in(DELETE_MESSAGE)).param("id", claim.id()).update() == 1;
    }

    /**
     * Lets the key go on to its next message, in the handler's transaction.
     *
     * @return true if another message of the key certainly waits; if false, call {@link #closeIfEmpty} after the
     *     transaction has committed
     */
    public boolean advance(KeyClaim claim) {
        return answer(claim, Duration.ZERO, false);
    }

    /**
     * Removes the claimed key if no message waits in it any more. Call it after the transaction of {@link #advance}
     * or {@link #makeDead} has committed; it uses a transaction of its own. Never throws: if it fails or is
     * not called, the key is removed when it is claimed the next time.
     *
     * @return whether the key was removed
     */
    public boolean closeIfEmpty(KeyClaim claim) {
        return emptyKeys.close(claim.key(), claim.number());
    }

    /**
     * Parks the message again for a retry.
     *
     * @return false if the claim is over, so that another consumer decides about the failure, or if a person has
     *     made the message a dead letter
     */
    public boolean retry(KeyClaim claim, SpentAttempts spentAttempts, FailureText failure, Duration delay) {
        if (!lock(claim)) {
            return false;
        }
        return storeFailure(claim, "WAITING", spentAttempts, failure, delay, false);
    }

    /**
     * Makes the message a dead letter. Unless its key is held, call {@link #closeIfEmpty} after the commit.
     *
     * @param hold whether the later messages of its key wait until a person decides
     * @return false if the claim is over, or if the message is a dead letter already
     */
    public boolean makeDead(KeyClaim claim, int attempts, FailureText failure, boolean hold) {
        if (!lock(claim)) {
            return false;
        }
        return storeFailure(claim, "DEAD", SpentAttempts.of(attempts), failure, Duration.ZERO, hold);
    }

    /**
     * Gives the claim back without counting it, because the message is not to blame. Commits on its own and waits for no
     * lock, so it can be called while the handler still runs, when the instance stops.
     */
    public void giveBack(KeyClaim claim, Duration delay) {
        retrying(() -> key(outside, GIVE_BACK, claim)
                .param("claim", claim.number())
                .param("seconds", ColumnValues.seconds(delay))
                .update());
    }

    /**
     * Schedules parked messages whose key has no row, and deletes rows of another ordering that were handled. Commits
     * on its own.
     *
     * @return how many messages were scheduled
     */
    public int adoptOrphans(String group, Collection<String> topics) {
        int found = retrying(() -> orphanedMessages.adopt(group, topics));
        if (found > 0) {
            synchronized (this) {
                adopted = new Adopted(adopted.messages() + found, clock.instant());
            }
        }
        return found;
    }

    /** Returns how many messages {@link #adoptOrphans} has scheduled in this instance. */
    public Adopted adopted() {
        return adopted;
    }

    // if the host's default is REPEATABLE READ, a statement fails if another transaction was faster; a second attempt
    // sees what that one has done
    private static <T> T retrying(Supplier<T> statement) {
        for (int tries = 1; ; tries++) {
            try {
                return statement.get();
            } catch (ConcurrencyFailureException e) {
                if (tries == TRIES) {
                    throw e;
                }
            }
        }
    }

    private boolean lock(KeyClaim claim) {
        return key(inside, LOCK, claim)
                .param("claim", claim.number())
                .query(Integer.class)
                .optional()
                .isPresent();
    }

    // A message that is seen to wait here does wait: only the holder of the key's lock, as we are, takes one away. A
    // message that is not seen may have been appended since.
    private boolean answer(KeyClaim claim, Duration delay, boolean held) {
        return key(inside, ANSWER, claim)
                .param("seconds", ColumnValues.seconds(delay))
                .param("held", held)
                .query(Boolean.class)
                .single();
    }

    // a person may have made it a dead letter meanwhile, and that stands
    private boolean storeFailure(
            KeyClaim claim,
            String state,
            SpentAttempts spentAttempts,
            FailureText failure,
            Duration delay,
            boolean held) {
        int waited = inside.sql(schema.in(FAILED))
                .param("id", claim.id())
                .param("state", state)
                .param("attempts", spentAttempts.attempts())
                .param("uncounted", spentAttempts.rounds())
                .param("errorClass", failure.type())
                .param("errorMessage", failure.message())
                .param("stackTrace", failure.stackTrace())
                .param("fingerprint", groups.count(claim.group(), claim.topic(), failure))
                .update();
        boolean unused = answer(claim, delay, held && waited == 1);
        return waited == 1;
    }

    private StatementSpec key(JdbcClient jdbc, String statement, KeyClaim claim) {
        return jdbc.sql(schema.in(statement))
                .param("group", claim.group())
                .param("topic", claim.topic())
                .param("queue", claim.key().queue());
    }
}
