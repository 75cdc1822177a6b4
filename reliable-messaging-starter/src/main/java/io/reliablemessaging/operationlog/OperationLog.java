package io.reliablemessaging.operationlog;

import io.reliablemessaging.schema.Schema;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Writes and reads {@code operation_log}. A command and its entries belong in one transaction, so that nothing is done that is
 * not written down.
 */
public final class OperationLog {

    private static final String NOTE = """
            insert into reliable_messaging.operation_log (who, action, target, reason)
            select :who::text, :action::text, noted.target, noted.reason
              from unnest(:targets::text[], :reasons::text[]) with ordinality as noted (target, reason, place)
             order by noted.place
            """;

    private static final String FIND = """
            select at, who, action, reason from reliable_messaging.operation_log where target = :target::text order by id
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final TransactionTemplate transactions;

    /**
     * What a command was about.
     *
     * @param name as people search for it
     * @param reason why it was done
     */
    public record Target(String name, @Nullable String reason) {}

    /**
     * What was done to a target.
     *
     * @param at when, by the database's clock
     * @param who the person or job that gave the command
     * @param action what was done
     * @param reason why, if the command asks for it
     */
    public record Entry(
            Instant at, String who, String action, @Nullable String reason) {}

    /**
     * Makes a log.
     *
     * @param autoCommit the very data source of the commands whose transactions the entries belong to
     */
    public OperationLog(DataSource autoCommit, Schema schema) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.transactions = new TransactionTemplate(new JdbcTransactionManager(autoCommit));
        // a statement sees what the one before it has waited for, whatever the host's default is
        transactions.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
    }

    /** Runs a command, and what it notes here, in one transaction. */
    public <T> T inTransaction(Supplier<T> command) {
        return Objects.requireNonNull(transactions.execute(status -> command.get()));
    }

    /** Notes a command about one target, in the current transaction if there is one. */
    public void note(String who, String action, String target, @Nullable String reason) {
        note(who, action, List.of(new Target(target, reason)));
    }

    /** Notes a command about some targets, an entry for each, in their order. */
    public void note(String who, String action, List<Target> targets) {
        jdbc.sql(schema.in(NOTE))
                .param("who", who)
                .param("action", action)
                .param("targets", column(targets, target -> storable(target.name())))
                .param("reasons", column(targets, Target::reason))
                .update();
    }

    /** Finds what was done to a target, the first action first. */
    public List<Entry> find(String target) {
        return jdbc.sql(schema.in(FIND))
                .param("target", storable(target))
                .query((row, number) -> new Entry(
                        row.getObject("at", OffsetDateTime.class).toInstant(),
                        row.getString("who"),
                        row.getString("action"),
                        row.getString("reason")))
                .list();
    }

    private static @Nullable String[] column(List<Target> targets, Function<Target, @Nullable String> value) {
        return targets.stream().map(value).toArray(String[]::new);
    }

    // PostgreSQL's text holds any character but this one
    private static String storable(String target) {
        return target.replace("\0", "\\0");
    }
}
