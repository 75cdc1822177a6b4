package io.reliablemessaging.schema;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Compares the rights of the application's role on our tables with what our statements need. Asks PostgreSQL itself, so that it
 * does not matter which statement meets a missing right, or when.
 */
public final class TableRights {

    /** The things that an instance does. */
    public enum Use {
        /** Publishes, and shows people the state of messaging; each instance does that. */
        PUBLISH,
        /** Sends published messages. */
        SEND,
        /** Handles messages. */
        HANDLE
    }

    /**
     * Rights that the role lacks.
     *
     * @param where the table or schema
     * @param what the role, the missing rights, and how to grant them
     */
    public record Missing(String where, String what) {}

    private record Need(Use use, String table, List<String> rights) {

        static Need of(Use use, String table, String... rights) {
            return new Need(use, table, List.of(rights));
        }
    }

    private static final String SELECT = "SELECT";
    private static final String INSERT = "INSERT";
    private static final String UPDATE = "UPDATE";
    private static final String DELETE = "DELETE";

    // Rows with generated identities need no right on their sequence. "FOR UPDATE" and "ON CONFLICT DO UPDATE" need
    // UPDATE, and a condition needs SELECT.
    private static final List<Need> NEEDS = List.of(
            Need.of(Use.PUBLISH, "application", SELECT, INSERT, UPDATE),
            Need.of(Use.PUBLISH, "outbox_message", SELECT, INSERT),
            Need.of(Use.PUBLISH, "outbox_delayed", SELECT, INSERT, DELETE),
            Need.of(Use.PUBLISH, "outbox_published", SELECT),
            Need.of(Use.PUBLISH, "outbox_quarantine", SELECT, UPDATE, DELETE),
            Need.of(Use.PUBLISH, "relay_lane", SELECT, INSERT, UPDATE),
            Need.of(Use.PUBLISH, "relay_instance", SELECT),
            Need.of(Use.PUBLISH, "inbox_message", SELECT),
            Need.of(Use.PUBLISH, "parked_message", SELECT),
            Need.of(Use.PUBLISH, "parked_key", SELECT),
            Need.of(Use.PUBLISH, "redrive_job", SELECT, INSERT, UPDATE),
            Need.of(Use.PUBLISH, "operation_log", SELECT, INSERT, UPDATE, DELETE),
            Need.of(Use.PUBLISH, "failure_group", SELECT),
            Need.of(Use.SEND, "outbox_message", DELETE),
            Need.of(Use.SEND, "outbox_delayed", UPDATE),
            Need.of(Use.SEND, "outbox_published", INSERT, UPDATE, DELETE),
            Need.of(Use.SEND, "outbox_quarantine", INSERT),
            Need.of(Use.SEND, "relay_instance", INSERT, UPDATE, DELETE),
            Need.of(Use.HANDLE, "inbox_message", INSERT, DELETE),
            Need.of(Use.HANDLE, "inbox_purge", SELECT, UPDATE),
            Need.of(Use.HANDLE, "parked_message", INSERT, UPDATE, DELETE),
            Need.of(Use.HANDLE, "parked_key", INSERT, UPDATE, DELETE),
            Need.of(Use.HANDLE, "parked_mark", SELECT, INSERT, UPDATE, DELETE),
            Need.of(Use.HANDLE, "parked_failure", SELECT, INSERT, DELETE),
            Need.of(Use.HANDLE, "failure_group", INSERT, UPDATE, DELETE),
            Need.of(Use.HANDLE, "listener_partition", SELECT, INSERT, UPDATE),
            Need.of(Use.HANDLE, "partition_progress", SELECT, INSERT, UPDATE),
            Need.of(Use.HANDLE, "partition_checkpoint", SELECT, INSERT, DELETE),
            Need.of(Use.HANDLE, "skipped_offset", SELECT, INSERT),
            Need.of(Use.HANDLE, "redrive_job", DELETE),
            Need.of(Use.HANDLE, "redrive_message", SELECT, INSERT, UPDATE, DELETE),
            Need.of(Use.HANDLE, "paused_listener", SELECT, INSERT, DELETE));

    // if so many tables are concerned, it was not a single forgotten grant
    private static final int ALL_BUT = 5;

    private static final String ASK = """
            select current_user::text as role,
                   pg_catalog.has_schema_privilege(space.oid, 'USAGE') as usage,
                   array(select needed.name || ' ' || needed.privilege
                           from unnest(:tables::text[], :privileges::text[]) with ordinality
                                as needed (name, privilege, number)
                           join pg_catalog.pg_class t on t.relnamespace = space.oid and t.relname = needed.name
                          where not pg_catalog.has_table_privilege(t.oid, needed.privilege)
                          order by needed.number) as missing
              from pg_catalog.pg_namespace space
             where space.nspname = :schema::text
            """;

    private final JdbcClient jdbc;
    private final Schema schema;

    TableRights(DataSource dataSource, Schema schema) {
        this.jdbc = JdbcClient.create(new AutoCommitDataSource(dataSource));
        this.schema = schema;
    }

    private record Answer(String role, boolean usage, List<String> missing) {}

    /** Reads which rights the role lacks for these uses: one entry for each table, or one for all tables. */
    public List<Missing> missing(Set<Use> uses) {
        List<String> tables = new ArrayList<>();
        List<String> privileges = new ArrayList<>();
        for (Need need : NEEDS) {
            if (uses.contains(need.use())) {
                need.rights().forEach(right -> {
                    tables.add(need.table());
                    privileges.add(right);
                });
            }
        }
        return jdbc
                .sql(ASK)
                .param("tables", tables.toArray(String[]::new))
                .param("privileges", privileges.toArray(String[]::new))
                .param("schema", schema.name())
                .query((row, number) -> new Answer(row.getString("role"), row.getBoolean("usage"), List.of((String[])
                        row.getArray("missing").getArray())))
                .list()
                .stream()
                .flatMap(answer -> describe(answer).stream())
                .toList();
    }

    private List<Missing> describe(Answer answer) {
        Map<String, List<String>> byTable = new LinkedHashMap<>();
        for (String missing : answer.missing()) {
            int space = missing.indexOf(' ');
            byTable.computeIfAbsent(missing.substring(0, space), table -> new ArrayList<>())
                    .add(missing.substring(space + 1));
        }
        if (!answer.usage() || byTable.size() >= ALL_BUT) {
            return List.of(missingOnAll(answer, byTable.keySet()));
        }
        return byTable.entrySet().stream()
                .map(table -> missingOnOne(answer.role(), table.getKey(), table.getValue()))
                .toList();
    }

    private Missing missingOnAll(Answer answer, Collection<String> tables) {
        String name = schema.name();
        String lacks = answer.usage() ? "rights" : tables.isEmpty() ? "USAGE" : "USAGE, and rights";
        String on = tables.isEmpty() ? "" : " on tables " + String.join(", ", tables);
        String role = answer.role();
        return new Missing(
                "schema " + name,
                ("role %s lacks %s%s. Has it lost the membership in a role? Otherwise: 'grant usage on schema %s to %s; grant"
                                + " select, insert, update, delete on all tables in schema %s to %s'")
                        .formatted(role, lacks, on, name, role, name, role));
    }

    private Missing missingOnOne(String role, String table, List<String> rights) {
        String listed = String.join(", ", rights);
        return new Missing(
                "table " + schema.name() + "." + table,
                "role %s lacks the right to %s. Grant it: 'grant %s on %s.%s to %s'"
                        .formatted(role, listed, listed.toLowerCase(Locale.ROOT), schema.name(), table, role));
    }
}
