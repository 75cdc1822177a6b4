package io.reliablemessaging.database;

import io.reliablemessaging.Finding;
import io.reliablemessaging.audit.FindingCode;
import io.reliablemessaging.schema.Schema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.SimplePropertyRowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Reads whether a commit survives a crash, and whether deleted rows make room again. */
final class PostgresSettings {

    private static final String SETTINGS = """
            select name, setting from pg_catalog.pg_settings
             where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'synchronous_standby_names', 'autovacuum',
                            'track_counts')
            """;

    private static final String TABLES = """
            select c.relname as name,
                   c.relpersistence = 'u' as unlogged,
                   exists (select from pg_catalog.unnest(c.reloptions) as option
                            where option ~* '^autovacuum_enabled=(f|false|off|n|no|0)$') as never_vacuumed
              from pg_catalog.pg_class c
              join pg_catalog.pg_namespace n on n.oid = c.relnamespace
             where n.nspname = :schema::text and c.relkind = 'r'
             order by c.relname
            """;

    private final JdbcClient jdbc;
    private final Schema schema;

    PostgresSettings(JdbcClient jdbc, Schema schema) {
        this.jdbc = jdbc;
        this.schema = schema;
    }

    private record Table(String name, boolean unlogged, boolean neverVacuumed) {}

    List<Finding> findings() {
        Map<String, String> settings = new HashMap<>();
        jdbc.sql(SETTINGS).query(row -> {
            settings.put(row.getString("name"), row.getString("setting"));
        });
        List<Finding> findings = new ArrayList<>();
        requireOn(settings, "fsync", FindingCode.FSYNC_OFF, findings);
        requireOn(settings, "full_page_writes", FindingCode.FULL_PAGE_WRITES_OFF, findings);
        requireOn(settings, "autovacuum", FindingCode.AUTOVACUUM_OFF, findings);
        requireOn(settings, "track_counts", FindingCode.AUTOVACUUM_OFF, findings);
        boolean standbys =
                !settings.getOrDefault("synchronous_standby_names", "").isBlank();
        commits(settings.getOrDefault("synchronous_commit", "on"), standbys, findings);
        tables(findings);
        return findings;
    }

    // without named standbys, local, remote_write and on all wait for the disk of this server
    private static void commits(String setting, boolean standbys, List<Finding> findings) {
        switch (setting) {
            case "off" ->
                findings.add(commit(
                        FindingCode.SYNCHRONOUS_COMMIT_OFF,
                        standbys ? "off: a crash, and the promotion of a standby, may undo the last commits" : "off"));
            case "local" -> {
                if (standbys) {
                    findings.add(commit(
                            FindingCode.STANDBY_NOT_AWAITED,
                            "local: promoting a standby of synchronous_standby_names may undo the last commits"));
                }
            }
            case "remote_write" -> {
                if (standbys) {
                    findings.add(
                            commit(
                                    FindingCode.STANDBY_NOT_AWAITED,
                                    "remote_write: if the standby's machine has crashed too, promoting it may undo the last commits"));
                }
            }
            default -> {}
        }
    }

    private static Finding commit(FindingCode code, String actual) {
        return code.finding(
                "synchronous_commit of our connections",
                actual,
                "on",
                "Set synchronous_commit=on in postgresql.conf, or for this role or database with alter role, alter"
                        + " database.");
    }

    private void tables(List<Finding> findings) {
        for (Table table : jdbc.sql(TABLES)
                .param("schema", schema.name())
                .query(new SimplePropertyRowMapper<>(Table.class))
                .list()) {
            String name = schema.name() + "." + table.name();
            if (table.unlogged()) {
                findings.add(FindingCode.UNLOGGED_TABLE.finding(
                        "table " + name, "unlogged", "logged", "alter table %s set logged".formatted(name)));
            }
            if (table.neverVacuumed()) {
                findings.add(FindingCode.AUTOVACUUM_OFF.finding(
                        "autovacuum_enabled of table " + name,
                        "off",
                        "on",
                        "alter table %s reset (autovacuum_enabled)".formatted(name)));
            }
        }
    }

    private static void requireOn(Map<String, String> settings, String name, FindingCode code, List<Finding> findings) {
        if (!"on".equals(settings.getOrDefault(name, "on"))) {
            findings.add(code.finding(
                    name + " of PostgreSQL",
                    settings.getOrDefault(name, ""),
                    "on",
                    "Set %s=on in postgresql.conf and reload.".formatted(name)));
        }
    }
}
