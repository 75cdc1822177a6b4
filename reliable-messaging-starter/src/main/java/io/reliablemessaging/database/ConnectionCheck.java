package io.reliablemessaging.database;

import io.reliablemessaging.Finding;
import io.reliablemessaging.audit.Check;
import io.reliablemessaging.audit.FindingCode;
import io.reliablemessaging.text.ReadableLogger;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/** Checks the host's connections: whether they notice that nobody is there any more, and whether there are enough. */
final class ConnectionCheck implements Check {

    private static final Logger log = ReadableLogger.of(ConnectionCheck.class);

    private final DataSource dataSource;
    private final Supplier<@Nullable Integer> most;
    private final Supplier<List<HandlerConnections>> handlers;
    private volatile List<Finding> silence = List.of();

    /**
     * Makes the check.
     *
     * @param most how many connections the pool makes at most; null if it does not tell
     * @param handlers what the listeners ask for
     */
    ConnectionCheck(
            DataSource dataSource, Supplier<@Nullable Integer> most, Supplier<List<HandlerConnections>> handlers) {
        this.dataSource = dataSource;
        this.most = most;
        this.handlers = handlers;
    }

    @Override
    public List<Finding> look() {
        try {
            silence = silence();
        } catch (SQLException e) {
            // that the database is away is found by the check of PostgreSQL; what was found before stays found
            log.debug("The connections of the pool cannot be looked at", e);
        }
        List<Finding> findings = new ArrayList<>(silence);
        Integer connections = most.get();
        if (connections != null && connections > 0) {
            handlers.get()
                    .forEach(each -> PoolRule.judge(connections, each.leftToOthers(), each.needs())
                            .ifPresent(findings::add));
        }
        return findings;
    }

    // The driver's own answer, however it was told: by the URL, by the pool, or by a data source of the host's making
    private List<Finding> silence() throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            if (connection.getNetworkTimeout() > 0) {
                return List.of();
            }
        } catch (SQLFeatureNotSupportedException e) {
            log.debug("The driver does not tell its network time-out", e);
            return List.of();
        }
        return List.of(FindingCode.SILENCE_NOT_NOTICED.finding(
                "network time-out of the connection pool",
                "none",
                "longer than the longest statement, such as 5 minutes",
                "Set spring.datasource.hikari.data-source-properties.socketTimeout=300 (seconds), and"
                        + " spring.datasource.hikari.data-source-properties.tcpKeepAlive=true for idle connections."));
    }
}
