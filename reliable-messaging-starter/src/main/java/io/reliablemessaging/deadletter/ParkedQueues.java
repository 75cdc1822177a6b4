package io.reliablemessaging.deadletter;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.wire.HeaderBytes;
import io.reliablemessaging.wire.WireMessage;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.core.simple.JdbcClient.StatementSpec;

/**
 * Works parked keys off, one message of a key at a time:
 *
 * <ol>
 *   <li>{@link #claim} says which key is due and takes it away from the others for a moment;
 *   <li>{@link #begin}, in the handler's transaction, locks the key and removes the message;
 *   <li>after the handler {@link #next} lets the key go on, or go; all of it commits together;
 *   <li>if the handler fails, its transaction is rolled back and {@link #retry} or {@link #bury} says what follows.
 * </ol>
 *
 * <p>Whoever dies on the way leaves a claim that nobody answers; the key is claimed again when the claim is over.
 */
public final class ParkedQueues {

    // only has to cover the moments in which no transaction holds the key's lock
    private static final Duration CLAIM = Duration.ofSeconds(15);

    // keys that somebody works on are skipped as a whole: their second message is never handed out before the first is
    // done
    private static final String CLAIM_DUE = """
            with due as (
                select consumer_group, topic, queue from reliable_messaging.parked_key
                 where consumer_group = :group and topic in (:topics) and not held
                   and next_attempt_at <= clock_timestamp()
                 order by next_attempt_at limit :limit
                   for no key update skip locked
            ), claimed as (
                update reliable_messaging.parked_key k
                   set claim = claim + 1,
                       unanswered = unanswered + 1,
                       next_attempt_at = clock_timestamp() + make_interval(secs => :seconds)
                  from due
                 where (k.consumer_group, k.topic, k.queue) = (due.consumer_group, due.topic, due.queue)
                returning k.*
            )
            select head.*, claimed.claim, claimed.unanswered from claimed cross join lateral (
                select * from reliable_messaging.parked_message m
                 where (m.consumer_group, m.topic, m.queue) = (claimed.consumer_group, claimed.topic, claimed.queue)
                   and m.state = 'WAITING'
                 order by m.id limit 1) head
            """;

    private static final String LOCK = """
            select 1 from reliable_messaging.parked_key
             where consumer_group = :group and topic = :topic and queue = :queue and claim = :claim
               for %s
            """;
    private static final String HANDLING = "no key update"; // others may still append
    private static final String REMOVING = "update"; // nobody may

    private static final String DELETE_MESSAGE = """
            delete from reliable_messaging.parked_message where id = :id and state = 'WAITING'
            """;

    private static final String WAITS = """
            select exists (select from reliable_messaging.parked_message
                            where consumer_group = :group and topic = :topic and queue = :queue and state = 'WAITING')
            """;

    private static final String NEXT_ATTEMPT = """
            update reliable_messaging.parked_key
               set next_attempt_at = clock_timestamp() + make_interval(secs => :seconds), unanswered = 0, held = :held
             where consumer_group = :group and topic = :topic and queue = :queue
            """;

    private static final String DELETE_KEY = """
            delete from reliable_messaging.parked_key where consumer_group = :group and topic = :topic and queue = :queue
            """;

    private static final String FAILED = """
            with failed as (
                update reliable_messaging.parked_message
                   set state = :state, attempts = :attempts, error_class = :errorClass, error_message = :errorMessage,
                       stack_trace = :stackTrace, updated_at = clock_timestamp()
                 where id = :id
                returning id
            )
            insert into reliable_messaging.parked_failure (parked_id, attempt, error_class, error_message)
            select id, :attempts, :errorClass, :errorMessage from failed
            """;

    private final JdbcClient outside;
    private final JdbcClient inside;
    private final Schema schema;

    ParkedQueues(DataSource dataSource, Schema schema) {
        this.outside = JdbcClient.create(new AutoCommitDataSource(dataSource));
        this.inside = JdbcClient.create(dataSource);
        this.schema = schema;
    }

    /** Claims due keys, at most this many. Commits by itself. */
    public List<Claim> claim(String group, Collection<String> topics, int limit) {
        return outside.sql(schema.in(CLAIM_DUE))
                .param("group", group)
                .param("topics", topics)
                .param("limit", limit)
                .param("seconds", CLAIM.toSeconds())
                .query(ParkedQueues::claim)
                .list();
    }

    /**
     * Takes the message in the caller's transaction, which is to handle it.
     *
     * @return false if the claim is over, or a person has removed the message
     */
    public boolean begin(Claim claim) {
        return locked(claim, HANDLING)
                && inside.sql(schema.in(DELETE_MESSAGE)).param("id", claim.id()).update() == 1;
    }

    /** Lets the key go on with its next message; without one it is parked no longer. */
    public void next(Claim claim) {
        locked(claim, REMOVING); // waits for those who are appending
        boolean waits = key(WAITS, claim).query(Boolean.class).single();
        if (waits) {
            nextAttempt(claim, Duration.ZERO, false);
        } else {
            key(DELETE_KEY, claim).update();
        }
    }

    /**
     * Keeps the message, to be tried again.
     *
     * @return false if the claim is over: somebody else has the key, and the failure is his to judge
     */
    public boolean retry(Claim claim, int attempts, Throwable cause, Duration delay) {
        if (!locked(claim, HANDLING)) {
            return false;
        }
        failed(claim, "WAITING", attempts, cause);
        nextAttempt(claim, delay, false);
        return true;
    }

    /**
     * Makes the message a dead letter.
     *
     * @param hold whether the later messages of its key wait until a person decides
     * @return false if the claim is over
     */
    public boolean bury(Claim claim, int attempts, Throwable cause, boolean hold) {
        if (!locked(claim, HANDLING)) {
            return false;
        }
        failed(claim, "DEAD", attempts, cause);
        if (hold) {
            nextAttempt(claim, Duration.ZERO, true);
        } else {
            next(claim);
        }
        return true;
    }

    /** Gives the claim back: nothing has been tried. */
    public void giveBack(Claim claim, Duration delay) {
        if (locked(claim, HANDLING)) {
            nextAttempt(claim, delay, false);
        }
    }

    private boolean locked(Claim claim, String strength) {
        return key(LOCK.formatted(strength), claim)
                .param("claim", claim.number())
                .query(Integer.class)
                .optional()
                .isPresent();
    }

    private void nextAttempt(Claim claim, Duration delay, boolean held) {
        key(NEXT_ATTEMPT, claim)
                .param("seconds", delay.toMillis() / 1000.0)
                .param("held", held)
                .update();
    }

    private void failed(Claim claim, String state, int attempts, Throwable cause) {
        Failure failure = new Failure(cause);
        inside.sql(schema.in(FAILED))
                .param("id", claim.id())
                .param("state", state)
                .param("attempts", attempts)
                .param("errorClass", failure.type())
                .param("errorMessage", failure.message())
                .param("stackTrace", failure.stackTrace())
                .update();
    }

    private StatementSpec key(String statement, Claim claim) {
        ReceivedMessage message = claim.message();
        return inside.sql(schema.in(statement))
                .param("group", message.group())
                .param("topic", message.message().topic())
                .param("queue", message.queue().value());
    }

    private static Claim claim(ResultSet row, int number) throws SQLException {
        WireMessage message = new WireMessage(
                new MessageId(row.getObject("message_id", UUID.class)),
                row.getString("topic"),
                null,
                row.getBytes("key"),
                row.getBytes("value"),
                HeaderBytes.decode(row.getBytes("headers")));
        @Nullable Timestamp publishedAt = row.getTimestamp("published_at");
        return new Claim(
                new ReceivedMessage(
                        row.getString("consumer_group"),
                        message,
                        row.getInt("source_partition"),
                        row.getLong("source_offset"),
                        publishedAt == null ? Instant.EPOCH : publishedAt.toInstant()),
                row.getLong("id"),
                row.getInt("attempts"),
                row.getLong("claim"),
                row.getInt("unanswered"));
    }
}
