package io.reliablemessaging.deadletter;

import io.reliablemessaging.operationlog.OperationLog;
import io.reliablemessaging.operationlog.OperationLog.Target;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.text.FailureText;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Notes in the operation log what one person decides about messages, and why. */
final class CommandLog {

    private static final String TARGETS = """
            select topic || ' ' || consumer_group || ' ' || message_id::text as target,
                   'failed ' || attempts::text || case when attempts = 1 then ' time' else ' times' end || ', last with ' || error_class as history
              from reliable_messaging.parked_message where id = any (:ids::bigint[]) order by id
            """;

    // leaves room in the log for the history
    private static final int LONGEST_REASON = 3 * 1024;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final OperationLog log;
    private final String who;
    private final @Nullable String reason;

    /**
     * Creates the log of one command.
     *
     * @param reason why the command is given; null if that was not asked for
     */
    CommandLog(JdbcClient jdbc, Schema schema, OperationLog log, String who, @Nullable String reason) {
        this.jdbc = jdbc;
        this.schema = schema;
        this.log = log;
        this.who = who;
        this.reason = reason;
    }

    private record Decided(String target, @Nullable String history) {}

    /** Runs a decision, and what it notes here, in one transaction. */
    <T> T inTransaction(Supplier<T> decision) {
        return log.inTransaction(decision);
    }

    /** Notes a decision about messages that the current transaction has locked. */
    void note(String action, List<Long> ids) {
        log.note(
                who,
                action,
                decided(ids).stream()
                        .map(each -> new Target(each.target(), reason))
                        .toList());
    }

    /** Notes a decision about failed messages that the current transaction has locked, and after the reason how they had failed. */
    void noteWithHistory(String action, List<Long> ids) {
        log.note(
                who,
                action,
                decided(ids).stream()
                        .map(each -> new Target(each.target(), withReason(each.history())))
                        .toList());
    }

    /** Notes a decision about messages by the names that they have in the log. */
    void noteTargets(String action, List<String> targets) {
        log.note(
                who,
                action,
                targets.stream().map(target -> new Target(target, reason)).toList());
    }

    private @Nullable String withReason(@Nullable String history) {
        if (reason == null || history == null) {
            return reason == null ? history : reason;
        }
        return FailureText.storable(reason, LONGEST_REASON) + "; " + history;
    }

    private List<Decided> decided(List<Long> ids) {
        return jdbc.sql(schema.in(TARGETS))
                .param("ids", ids.toArray(Long[]::new))
                .query((row, number) -> new Decided(row.getString("target"), row.getString("history")))
                .list();
    }
}
