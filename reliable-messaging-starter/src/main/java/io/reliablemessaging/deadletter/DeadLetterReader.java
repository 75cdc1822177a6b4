package io.reliablemessaging.deadletter;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetter.State;
import io.reliablemessaging.DeadLetterDetails;
import io.reliablemessaging.DeadLetterDetails.Action;
import io.reliablemessaging.DeadLetterDetails.Failure;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.FailureGroup;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.dryrun.StoredMessage;
import io.reliablemessaging.failures.FailureGroupReader;
import io.reliablemessaging.operationlog.OperationLog;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.wire.HeaderBytes;
import io.reliablemessaging.wire.KeyText;
import io.reliablemessaging.wire.WireHeaders;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionOperations;

/** Reads dead letters and parked messages in the form in which people see them. */
final class DeadLetterReader {

    private static final int PAGE = 100;

    private static final String LETTER = """
            select m.id, m.consumer_group, m.topic, m.key, m.message_id, m.source_partition, m.source_offset, m.state,
                   m.attempts, m.error_class, m.error_message, m.published_at, m.parked_at, m.updated_at, m.edited,
                   m.redriven, m.fingerprint, coalesce(k.held, false) as held,
                   case when m.state = 'WAITING' and not k.held then k.next_attempt_at end as next_attempt_at
            """;

    private static final String FROM = """
              from reliable_messaging.parked_message m
              left join reliable_messaging.parked_key k using (consumer_group, topic, queue)
             where\s""";

    private static final String COUNT = """
            select pg_catalog.count(*) from reliable_messaging.parked_message m where\s""";

    private static final String FAILURES = """
            select failed_at, attempt, error_class, error_message, fingerprint
              from reliable_messaging.parked_failure
             where parked_id = :id::bigint
             order by failed_at, attempt
            """;

    private static final String TARGET = """
            select m.topic || ' ' || m.consumer_group || ' ' || m.message_id::text
              from reliable_messaging.parked_message m where m.id = :id::bigint
            """;

    private static final String IN_PLACE = """
            select m.in_place and m.state = 'WAITING' from reliable_messaging.parked_message m where m.id = :id::bigint
            """;

    private static final String STORED = """
            select m.id, m.consumer_group, m.topic, m.queue, m.message_id, m.source_partition, m.source_offset, m.key, m.value,
                   m.headers, m.published_at, m.attempts, m.uncounted, m.state, m.redriven, 0::bigint as claim, 0 as unanswered
              from reliable_messaging.parked_message m where m.id = :id::bigint
            """;
    // PostgreSQL expects to find many messages by their words, and would compile code for it, which takes longer than
    // the query
    private static final String NO_COMPILER = "select pg_catalog.set_config('jit', 'off', true)";

    private static final String UNREADABLE = "(unreadable)";

    private final JdbcClient jdbc;
    private final Schema schema;
    private final OperationLog log;
    private final FailureGroupReader groups;
    private final TransactionOperations transactions;

    DeadLetterReader(DataSource autoCommit, Schema schema) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.log = new OperationLog(autoCommit, schema);
        this.groups = new FailureGroupReader(autoCommit, schema);
        this.transactions = DeadLetterOperations.transactions(autoCommit);
    }

    List<DeadLetter> find(DeadLetterQuery query) {
        DeadLetterCondition page =
                DeadLetterCondition.page(query, Long.MAX_VALUE, Objects.requireNonNullElse(query.limit(), PAGE));
        if (query.words() == null && query.errorClass() == null) {
            return letters(page);
        }
        return Objects.requireNonNull(transactions.execute(status -> {
            String unused = jdbc.sql(NO_COMPILER).query(String.class).single();
            return letters(page);
        }));
    }

    private List<DeadLetter> letters(DeadLetterCondition page) {
        return jdbc.sql(schema.in(lettersOf(page)))
                .params(page.params())
                .query((row, number) -> letter(row))
                .list();
    }

    static String lettersOf(DeadLetterCondition page) {
        return LETTER + FROM + "m.id = any (array(" + page.sql() + ")) order by m.id";
    }

    /** Finds the groups of the messages that match. */
    List<FailureGroup> groups(DeadLetterQuery query) {
        DeadLetterCondition condition = DeadLetterCondition.of(query);
        return groups.find(query, condition.sql(), condition.params());
    }

    long count(DeadLetterQuery query) {
        DeadLetterCondition deadLetterCondition = DeadLetterCondition.of(query);
        return jdbc.sql(schema.in(COUNT + deadLetterCondition.sql()))
                .params(deadLetterCondition.params())
                .query(Long.class)
                .single();
    }

    Optional<DeadLetter> find(long id) {
        return statement(LETTER + FROM + "m.id = :id::bigint", id)
                .query((row, number) -> letter(row))
                .optional();
    }

    /** Reads what people did to a message, by its name in the operation log; the first action first. */
    List<Action> actions(String target) {
        return log.find(target).stream()
                .map(entry -> new Action(entry.at(), entry.who(), entry.action(), entry.reason()))
                .toList();
    }

    Optional<DeadLetterDetails> get(long id) {
        List<Failure> failures = statement(FAILURES, id)
                .query((row, number) -> new Failure(
                        instant(row, "failed_at"),
                        row.getInt("attempt"),
                        row.getString("error_class"),
                        row.getString("error_message"),
                        row.getString("fingerprint")))
                .list();
        List<Action> actions = statement(TARGET, id)
                .query(String.class)
                .optional()
                .map(this::actions)
                .orElse(List.of());
        return statement(
                        LETTER + ", m.value, m.original_value, m.headers, m.original_headers, m.stack_trace " + FROM
                                + "m.id = :id::bigint",
                        id)
                .query((row, number) -> new DeadLetterDetails(
                        letter(row),
                        row.getBytes("value"),
                        row.getBytes("original_value"),
                        headers(row.getBytes("headers")),
                        row.getString("stack_trace"),
                        failures,
                        actions,
                        originalHeaders(row.getBytes("original_headers"))))
                .optional();
    }

    /**
     * Reads a message as its handler gets it next. A redriven dead letter begins with its first attempt.
     *
     * @throws UnreadableRowException if its headers cannot be read
     */
    Optional<StoredMessage> message(long id) {
        return statement(STORED, id)
                .query((row, number) -> {
                    KeyClaim stored = new KeyClaim(row);
                    boolean dead = State.valueOf(row.getString("state")) == State.DEAD;
                    int attempt = dead ? 1 : stored.spent().attempts() + 1;
                    return new StoredMessage(id, stored.message(), attempt, row.getInt("redriven"));
                })
                .optional();
    }

    private static @Nullable Map<String, String> originalHeaders(byte @Nullable [] stored) {
        return stored == null ? null : headers(stored);
    }

    // headers that cannot be read are shown as such: a person needs the rest of the row to decide about it
    private static Map<String, String> headers(byte[] stored) {
        try {
            return WireHeaders.asText(HeaderBytes.decode(stored));
        } catch (RuntimeException e) {
            return Map.of(UNREADABLE, "%s (%d bytes)".formatted(e.getMessage(), stored.length));
        }
    }

    /** Tells whether a message is retried at the head of its partition, where its consumer waits for it. */
    boolean isInPlace(long id) {
        return statement(IN_PLACE, id).query(Boolean.class).optional().orElse(false);
    }

    private JdbcClient.StatementSpec statement(String sql, long id) {
        return jdbc.sql(schema.in(sql)).param("id", id);
    }

    private static DeadLetter letter(ResultSet row) throws SQLException {
        return new DeadLetter(
                row.getLong("id"),
                row.getString("consumer_group"),
                row.getString("topic"),
                KeyText.of(row.getBytes("key")),
                new MessageId(row.getObject("message_id", UUID.class)),
                row.getInt("source_partition"),
                row.getLong("source_offset"),
                State.valueOf(row.getString("state")),
                row.getInt("attempts"),
                row.getString("error_class"),
                row.getString("error_message"),
                instantOrNull(row, "published_at"),
                instant(row, "parked_at"),
                instant(row, "updated_at"),
                instantOrNull(row, "next_attempt_at"),
                row.getBoolean("held"),
                row.getBoolean("edited"),
                row.getInt("redriven"),
                row.getString("fingerprint"));
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    private static @Nullable Instant instantOrNull(ResultSet row, String column) throws SQLException {
        OffsetDateTime value = row.getObject(column, OffsetDateTime.class);
        return value == null ? null : value.toInstant();
    }
}
