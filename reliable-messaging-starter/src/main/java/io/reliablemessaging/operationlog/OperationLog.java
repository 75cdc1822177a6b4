package io.reliablemessaging.operationlog;

import io.reliablemessaging.dryrun.DryRunGuard;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.text.FailureText;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
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

    private static final String FIND_TARGETS = """
            select distinct target from reliable_messaging.operation_log
             where target = any (:targets::text[]) and action = :action::text
            """;
    // An entry of the index on targets must stay below 2.7 kB, and one of these characters takes four bytes at most.
    private static final int LONGEST_TARGET = 600;
    private static final int LONGEST_WHO = 256;
    private static final int LONGEST_REASON = FailureText.LONGEST_MESSAGE;

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

    /**
     * Notes a command about one target, in the current transaction if there is one.
     *
     * @throws IllegalArgumentException if nobody is named who gives the command
     */
    public void note(String who, String action, String target, @Nullable String reason) {
        note(who, action, List.of(new Target(target, reason)));
    }

    /**
     * Notes a command about some targets, an entry for each, in their order. Long texts are cut: those of people may have any length.
     *
     * @throws IllegalArgumentException if nobody is named who gives the command
     */
    public void note(String who, String action, List<Target> targets) {
        if (who == null || who.isBlank()) {
            throw new IllegalArgumentException(
                    "Command '%s' for %d targets was not carried out: 'who' is empty. Name the person or job that gives it"
                            .formatted(action, targets.size()));
        }
        DryRunGuard.refuse(
                "The handler was about to give a command (%s), which no rollback takes back. Nothing was done. To try the message, redrive it"
                        .formatted(action));
        jdbc.sql(schema.in(NOTE))
                .param("who", storableWho(who))
                .param("action", action)
                .param("targets", column(targets, target -> storableTarget(target.name())))
                .param("reasons", column(targets, OperationLog::storableReason))
                .update();
    }

    /** Finds what was done to a target, the first action first. */
    public List<Entry> find(String target) {
        return jdbc.sql(schema.in(FIND))
                .param("target", storableTarget(target))
                .query((row, number) -> new Entry(
                        row.getObject("at", OffsetDateTime.class).toInstant(),
                        row.getString("who"),
                        row.getString("action"),
                        row.getString("reason")))
                .list();
    }

    /** Returns those of these targets to which an action was done. */
    public Set<String> findTargets(String action, Collection<String> targets) {
        Map<String, String> names = new HashMap<>();
        targets.forEach(target -> names.put(storableTarget(target), target));
        return names.isEmpty()
                ? Set.of()
                : jdbc
                        .sql(schema.in(FIND_TARGETS))
                        .param("action", action)
                        .param("targets", names.keySet().toArray(String[]::new))
                        .query(String.class)
                        .set()
                        .stream()
                        .map(names::get)
                        .collect(Collectors.toSet());
    }

    private static @Nullable String[] column(List<Target> targets, Function<Target, @Nullable String> value) {
        return targets.stream().map(value).toArray(String[]::new);
    }

    /**
     * Returns who gives a command.
     *
     * @throws IllegalArgumentException if nobody is named
     */
    public static String requireWho(String who) {
        return require(who, "who", "The person or job that gives the command must be named");
    }

    /**
     * Returns why a command is given.
     *
     * @throws IllegalArgumentException if there is no reason
     */
    public static String requireReason(String reason) {
        return require(reason, "reason", "A reason must be given, for later readers");
    }

    private static String require(String text, String name, String message) {
        if (text == null || text.isBlank()) {
            throw new IllegalArgumentException(message + ": '" + name + "' is empty");
        }
        return text;
    }

    /** Returns a name of a person or job as the log has it. */
    static String storableWho(String who) {
        return FailureText.storable(who, LONGEST_WHO);
    }

    /** Returns the name of a target as the log has it. A hash of the whole name keeps apart long names that begin alike. */
    static String storableTarget(String name) {
        String whole = FailureText.storable(name, Integer.MAX_VALUE);
        if (whole.length() <= LONGEST_TARGET) {
            return whole;
        }
        UUID hash = UUID.nameUUIDFromBytes(whole.getBytes(StandardCharsets.UTF_8));
        return FailureText.storable(name, LONGEST_TARGET - hash.toString().length() - 1) + " " + hash;
    }

    private static @Nullable String storableReason(Target target) {
        return target.reason() == null ? null : FailureText.storable(target.reason(), LONGEST_REASON);
    }
}
