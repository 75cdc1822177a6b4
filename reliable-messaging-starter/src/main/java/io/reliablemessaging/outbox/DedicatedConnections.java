package io.reliablemessaging.outbox;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.pool.HikariPool;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.concurrent.TimeUnit;
import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** Opens a few connections beside the host's pool, when they are needed, and replaces broken ones. */
final class DedicatedConnections extends AbstractDataSource implements AutoCloseable {

    private static final long IDLE_MILLIS = TimeUnit.MINUTES.toMillis(1);

    private final HikariPool pool;
    private volatile boolean closed;

    private DedicatedConnections(HikariPool pool) {
        this.pool = pool;
    }

    /**
     * Creates the pool; it connects later.
     *
     * @param settings how to connect; their pool settings are replaced
     * @param most most open connections
     */
    static DedicatedConnections open(HikariConfig settings, int most) {
        CustomizableThreadFactory threads = new CustomizableThreadFactory("rm-connections-");
        threads.setDaemon(true);
        settings.setThreadFactory(threads);
        settings.setPoolName("reliable-messaging");
        settings.setMaximumPoolSize(most);
        settings.setMinimumIdle(0);
        settings.setIdleTimeout(IDLE_MILLIS);
        settings.setInitializationFailTimeout(-1); // PostgreSQL may be away when the application starts
        settings.validate();
        return new DedicatedConnections(
                new HikariPool(settings)); // the class around it would log its start and its end
    }

    @Override
    public Connection getConnection() throws SQLException {
        if (closed) {
            throw new SQLTransientConnectionException("No connection for the relay: the application is being stopped");
        }
        return pool.getConnection();
    }

    @Override
    public Connection getConnection(String username, String password) throws SQLException {
        throw new UnsupportedOperationException();
    }

    /** Closes a connection that does not answer. */
    void evict(Connection connection) {
        pool.evictConnection(connection);
    }

    @Override
    public void close() {
        closed = true;
        try {
            pool.shutdown();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
