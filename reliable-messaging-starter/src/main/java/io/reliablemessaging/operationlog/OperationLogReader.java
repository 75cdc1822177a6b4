package io.reliablemessaging.operationlog;

import io.reliablemessaging.OperationLogEntry;
import io.reliablemessaging.OperationLogQuery;
import io.reliablemessaging.schema.Schema;
import java.time.OffsetDateTime;
import java.util.List;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.core.simple.JdbcClient.StatementSpec;

/** Reads {@code operation_log} for people: all commands, the newest first. */
public final class OperationLogReader {

    private static final String ENTRIES = """
            select id, at, who, action, target, reason from reliable_messaging.operation_log where id < :before::bigint
            """;

    private static final String BY_WHO = " and who = :who::text";
    private static final String BY_ACTION = " and action = :action::text";
    private static final String BY_TARGET = " and target = :target::text";
    private static final String NEWEST = " order by id desc limit :limit::bigint";

    private final JdbcClient jdbc;
    private final Schema schema;

    OperationLogReader(DataSource autoCommit, Schema schema) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
    }

    /** Reads a page of the entries that match, the newest first. */
    public List<OperationLogEntry> read(OperationLogQuery query) {
        StatementSpec statement = jdbc.sql(schema.in(statement(query)))
                .param("before", query.before())
                .param("limit", query.limit());
        if (query.who() != null) {
            statement = statement.param("who", OperationLog.storableWho(query.who()));
        }
        if (query.action() != null) {
            statement = statement.param("action", query.action());
        }
        if (query.target() != null) {
            statement = statement.param("target", OperationLog.storableTarget(query.target()));
        }
        return statement
                .query((row, number) -> new OperationLogEntry(
                        row.getLong("id"),
                        row.getObject("at", OffsetDateTime.class).toInstant(),
                        row.getString("who"),
                        row.getString("action"),
                        row.getString("target"),
                        row.getString("reason")))
                .list();
    }

    /** Returns a statement with only those conditions that are asked for, so that the planner knows which index serves. */
    static String statement(OperationLogQuery query) {
        return ENTRIES
                + (query.who() == null ? "" : BY_WHO)
                + (query.action() == null ? "" : BY_ACTION)
                + (query.target() == null ? "" : BY_TARGET)
                + NEWEST;
    }
}
