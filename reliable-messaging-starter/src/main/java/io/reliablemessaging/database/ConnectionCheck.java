package io.reliablemessaging.database;

import io.reliablemessaging.Finding;
import io.reliablemessaging.audit.DurabilityCheck;
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

/** Checks the host's connections: whether they notice a silent database, and whether there are enough of them. */
final class ConnectionCheck implements DurabilityCheck {

    private static final Logger log = ReadableLogger.of(ConnectionCheck.class);

    private final DataSource dataSource;
    private final Supplier<@Nullable Integer> most;
    private final Supplier<List<HandlerConnections>> handlers;
    private volatile List<Finding> silence = List.of();

    /**
     * Creates the check.
     *
     * @param most maximum size of the pool; null if it does not tell
     * @param handlers what the listeners need
     */
    ConnectionCheck(
            DataSource dataSource, Supplier<@Nullable Integer> most, Supplier<List<HandlerConnections>> handlers) {
        this.dataSource = dataSource;
        this.most = most;
        this.handlers = handlers;
    }

    @Override
    public List<Finding> run() {
        try {
            silence = silence();
        } catch (SQLException e) {
            // an outage is a finding of the check of PostgreSQL; the last findings stay here
            log.debug("The connections of the pool could not be checked; the last findings stay", e);
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

    // the driver's own answer, whether the timeout was set by the URL, the pool or a data source of the host
    private List<Finding> silence() throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            if (connection.getNetworkTimeout() > 0) {
                return List.of();
            }
        } catch (SQLFeatureNotSupportedException e) {
            log.debug("The driver does not tell its network timeout, so it is not checked", e);
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
