package io.reliablemessaging;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.support.OurSql;
import io.reliablemessaging.support.OurSql.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every table has one package that owns it; SQL of other packages names it only where this class says why. */
class TableOwnersTests {

    /** Table -> package that owns it. The same list is in docs/design.md. */
    private static final Map<String, String> OWNERS = Map.ofEntries(
            entry("application", "schema"),
            entry("outbox_message", "outbox"),
            entry("outbox_delayed", "delayed"),
            entry("outbox_published", "published"),
            entry("relay_lane", "lanes"),
            entry("relay_instance", "lanes"),
            entry("outbox_quarantine", "quarantine"),
            entry("inbox_message", "inbox"),
            entry("inbox_purge", "inbox"),
            entry("partition_progress", "inbox"),
            entry("partition_checkpoint", "inbox"),
            entry("listener_partition", "inbox"),
            entry("skipped_offset", "inbox"),
            entry("parked_message", "deadletter"),
            entry("parked_key", "deadletter"),
            entry("parked_mark", "deadletter"),
            entry("parked_failure", "deadletter"),
            entry("paused_listener", "pause"),
            entry("failure_group", "failures"),
            entry("operation_log", "operationlog"),
            entry("redrive_job", "redrive"),
            entry("redrive_message", "redrive"));

    private static final String LANE_OF_A_ROW =
            "an insert computes the lane from the stored number of lanes, so that no instance can use another number";

    /** Statements that name a table of another package. The same list is in docs/design.md. */
    private static final List<Foreign> FOREIGN = List.of(
            new Foreign("OutboxTable", "application", LANE_OF_A_ROW),
            new Foreign("DelayedTable", "application", LANE_OF_A_ROW),
            new Foreign("DelayedOperations", "application", LANE_OF_A_ROW),
            new Foreign("PublishedMessages", "application", LANE_OF_A_ROW),
            new Foreign("LaneNotices", "application", "reads with each notice whether lanes were added"),
            new Foreign("OutboxBacklog", "application", "reads the head of each lane that there is"),
            new Foreign("LaneSetup", "application", "stores the number of lanes together with the lanes"),
            new Foreign("LaneGrowth", "application", "stores the new number of lanes together with the new lanes"),
            new Foreign("LaneGrowth", "outbox_message", "locks it: no insert may compute a lane while lanes are added"),
            new Foreign("LaneLeases", "application", "reads with each renewal whether lanes were added"),
            new Foreign(
                    "DelayedTable",
                    "outbox_message",
                    "moves a due message: it must be in one of the two tables, always"),
            new Foreign("DelayedOperations", "outbox_message", "the same, for a message that a person has sent now"),
            new Foreign(
                    "PublishedMessages",
                    "outbox_message",
                    "replays sent messages: it copies rows from one table to the other"),
            new Foreign(
                    "OutboxTable",
                    "outbox_published",
                    "copies what it deletes, so that a message is never remembered without having been sent"),
            new Foreign(
                    "OutboxBacklog",
                    "outbox_delayed",
                    "counts delayed messages under the same limit of time as the backlog"),
            new Foreign(
                    "OutboxLedger",
                    "outbox_delayed",
                    "finds a message in one snapshot, though it moves between the tables"),
            new Foreign(
                    "OutboxLedger",
                    "outbox_published",
                    "finds a message in one snapshot, though it moves between the tables"),
            new Foreign("LaneGrowth", "outbox_quarantine", "refuses to add lanes while messages wait in quarantine"),
            new Foreign(
                    "LaneLeases",
                    "outbox_quarantine",
                    "reads with each renewal whether a person has released something"),
            new Foreign("QuarantineTable", "relay_lane", "locks the lane's row, so that only its owner moves messages"),
            new Foreign(
                    "QuarantineTable", "outbox_message", "moves a row: it must be in one of the two tables, always"),
            new Foreign("ReleasedRows", "outbox_message", "reads both tables in one snapshot: earlier rows go first"),
            new Foreign("InboxPurge", "parked_message", "must not forget a message that is parked just now"),
            new Foreign("OrphanedMessages", "inbox_message", "tells an orphan from a message that is retried in place"),
            new Foreign(
                    "OpenMessages", "parked_message", "reads what has become of the messages of a job in one snapshot"),
            new Foreign("FailureGroupReader", "parked_message", "finds and counts the messages of each group"),
            new Foreign("FailureGroupTable", "parked_message", "keeps a group as long as it has messages"),
            new Foreign("MakeDead", "inbox_message", "finds the handler's session by its lock on the table"));

    private static final Pattern TABLE = Pattern.compile("\\breliable_messaging\\.([a-z_]+)");
    private static final Pattern MADE = Pattern.compile("create table ([a-z_]+)");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `(\\w+)` \\| `(\\w+)` \\| \\S.*\\|$");

    private record Foreign(String type, String table, String reason) {

        String use() {
            return type + " names " + table;
        }
    }

    @Test
    void everyTableOfTheMigrationsHasAnOwnerThatUsesIt() {
        Set<String> made = OurSql.migrations().stream()
                .flatMap(script -> MADE.matcher(script.sql()).results().map(table -> table.group(1)))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(OWNERS.keySet()).containsExactlyInAnyOrderElementsOf(made);
        OWNERS.forEach(
                (table, owner) -> assertThat(users(table)).as(table).anyMatch(user -> user.startsWith(owner + ".")));
    }

    @Test
    void onlyItsOwnerNamesATableUnlessItIsListedWithAReason() {
        Set<String> unlisted = foreign();
        FOREIGN.forEach(each -> unlisted.remove(each.use()));
        assertThat(unlisted).isEmpty();
    }

    @Test
    void whatIsListedIsThere() {
        Set<String> gone = FOREIGN.stream().map(Foreign::use).collect(Collectors.toCollection(TreeSet::new));
        gone.removeAll(foreign());
        assertThat(gone).isEmpty();
    }

    /** A name that is put together would escape these tests. */
    @Test
    void theNameOfATableStandsInOneLiteral() {
        assertThat(OurSql.strings())
                .filteredOn(text -> text.sql().endsWith("reliable_messaging."))
                .extracting(Text::place)
                .as("what names the history, which Flyway makes, and what writes the schema's name")
                .containsExactlyInAnyOrder("schema.SchemaHistory", "schema.Schema");
    }

    @Test
    void theDocsListTheSame() throws IOException {
        String design = Files.readString(Path.of("../docs/design.md"));
        String tables = design.substring(design.indexOf("\n## Tables\n"));
        Map<String, String> owners = new TreeMap<>();
        Set<String> foreign = new TreeSet<>();
        Matcher row = ROW.matcher(tables.substring(0, tables.indexOf("\n## ", 1)));
        while (row.find()) {
            if (OWNERS.containsKey(row.group(1))) {
                owners.put(row.group(1), row.group(2));
            } else {
                foreign.add(row.group(1) + " names " + row.group(2));
            }
        }
        assertThat(owners).isEqualTo(new TreeMap<>(OWNERS));
        assertThat(foreign)
                .isEqualTo(FOREIGN.stream().map(Foreign::use).collect(Collectors.toCollection(TreeSet::new)));
    }

    /** Each class that names a table of another package. */
    private static Set<String> foreign() {
        return OWNERS.entrySet().stream()
                .flatMap(owned -> users(owned.getKey()).stream()
                        .filter(user -> !user.startsWith(owned.getValue() + "."))
                        .map(user -> user.substring(user.lastIndexOf('.') + 1) + " names " + owned.getKey()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> users(String table) {
        return OurSql.strings().stream()
                .filter(text -> names(text).anyMatch(table::equals))
                .map(Text::place)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Stream<String> names(Text text) {
        return TABLE.matcher(text.sql()).results().map(name -> name.group(1));
    }
}
