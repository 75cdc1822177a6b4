package io.reliablemessaging.database;

import io.reliablemessaging.Finding;
import io.reliablemessaging.audit.DurabilityCheck;
import io.reliablemessaging.audit.FindingCode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.springframework.dao.DataAccessException;

/** Checks PostgreSQL: whether a commit survives a crash, and whether something keeps vacuum from cleaning up. */
final class PostgresCheck implements DurabilityCheck {

    private final PostgresSettings settings;
    private final PostgresActivity activity;
    private volatile List<Finding> known = List.of();

    PostgresCheck(PostgresSettings settings, PostgresActivity activity) {
        this.settings = settings;
        this.activity = activity;
    }

    @Override
    public List<Finding> run() {
        List<Finding> findings = new ArrayList<>();
        try {
            findings.addAll(settings.findings());
        } catch (DataAccessException e) {
            // a check that cannot run keeps its last findings
            List<Finding> unknown = new ArrayList<>(known);
            unknown.add(
                    FindingCode.DATABASE_UNKNOWN.finding(
                            "settings of PostgreSQL",
                            "unknown (" + reason(e) + ")",
                            "known",
                            "Make sure that PostgreSQL runs and that the role of this application may read pg_settings and pg_class."));
            return unknown;
        }
        addIfVisible(findings, "sessions and standbys of other roles", activity::rights);
        addIfVisible(findings, "pg_stat_replication", activity::standbys);
        addIfVisible(findings, "pg_replication_slots", activity::slots);
        addIfVisible(findings, "pg_stat_activity", activity::sessions);
        addIfVisible(findings, "pg_prepared_xacts", activity::prepared);
        known = findings;
        return findings;
    }

    private static void addIfVisible(List<Finding> findings, String view, Supplier<List<Finding>> part) {
        try {
            findings.addAll(part.get());
        } catch (DataAccessException e) {
            findings.add(PostgresActivity.hidden(view, reason(e)));
        }
    }

    private static String reason(DataAccessException e) {
        return String.valueOf(e.getMostSpecificCause().getMessage());
    }
}
