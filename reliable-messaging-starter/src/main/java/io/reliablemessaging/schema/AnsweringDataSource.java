package io.reliablemessaging.schema;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * Hands out connections that break if the database does not answer in time. Otherwise a thread that waits for an answer over a link
 * that died silently would wait until the operating system gives up, which can take hours.
 */
public final class AnsweringDataSource extends DelegatingDataSource {

    private final int millis;

    /**
     * Creates the data source.
     *
     * @param within maximum wait for an answer
     */
    public AnsweringDataSource(DataSource dataSource, Duration within) {
        super(dataSource);
        this.millis = Math.toIntExact(within.toMillis());
    }

    @Override
    public Connection getConnection() throws SQLException {
        Connection connection = super.getConnection();
        try {
            int before = connection.getNetworkTimeout();
            connection.setNetworkTimeout(Runnable::run, millis);
            // the limit must not apply to the host's own work
            return ConnectionReset.of(connection, each -> each.setNetworkTimeout(Runnable::run, before));
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }
}
