package io.reliablemessaging.schema;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;

/**
 * Explains PostgreSQL's error if an application could not start because of its database, whichever component asked first: the
 * host's Flyway and JPA meet the same wrong password as we do.
 */
final class DatabaseFailureAnalyzer implements FailureAnalyzer {

    private static final String OURS = "reliableMessagingSchemaMigration";
    private static final String DRIVER = "org.postgresql.";

    private final @Nullable BeanFactory beans;

    DatabaseFailureAnalyzer(@Nullable BeanFactory beans) {
        this.beans = beans;
    }

    @Override
    public @Nullable FailureAnalysis analyze(Throwable failure) {
        if (beans == null || !beans.containsBean(OURS)) {
            return null; // another database
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                FailureAnalysis analysis = analyze(sql);
                if (analysis != null) {
                    return analysis;
                }
            }
        }
        return null;
    }

    private static @Nullable FailureAnalysis analyze(SQLException failure) {
        String state = String.valueOf(failure.getSQLState());
        if (!failure.getClass().getName().startsWith(DRIVER)) {
            return failure instanceof SQLTransientConnectionException && failure.getCause() == null
                    ? analysis(
                            "No connection of the pool became free while the application was starting: ",
                            "Raise 'spring.datasource.hikari.maximum-pool-size', or find out what keeps connections"
                                    + " ('spring.datasource.hikari.leak-detection-threshold=10000').",
                            failure)
                    : null;
        }
        if (state.startsWith("28")) { // invalid authorization
            return analysis(
                    "PostgreSQL does not let this application in. It says: ",
                    "Set 'spring.datasource.username' and 'spring.datasource.password' to those of a role that may log in, and"
                            + " make sure that pg_hba.conf lets it in from this host.",
                    failure);
        }
        if (state.equals("3D000")) {
            return analysis(
                    "There is no such database. PostgreSQL says: ",
                    "Create it, or correct the name at the end of 'spring.datasource.url'.",
                    failure);
        }
        if (state.equals("53300")) {
            return analysis(
                    "PostgreSQL has no connection left. It says: ",
                    "Raise its max_connections, or lower 'spring.datasource.hikari.maximum-pool-size' of the applications that use it.",
                    failure);
        }
        if (state.startsWith("08") || state.startsWith("57P")) { // no connection; starting or stopping
            return analysis(
                    "PostgreSQL is away: ",
                    "Make sure that it runs and that 'spring.datasource.url' leads to it, and start this application again. It needs"
                            + " its database to start, since its tables are checked first; once started, it waits for the database.",
                    failure);
        }
        return null;
    }

    private static FailureAnalysis analysis(String what, String wayOut, SQLException failure) {
        return new FailureAnalysis(what + failure.getMessage(), wayOut, failure);
    }
}
