package io.reliablemessaging.outbox;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.AbstractDataSource;

/**
 * Lends one connection to one user at a time, and keeps it open in between. Each purpose has its own, so no other
 * purpose can use it up. A statement every other second needs no test query first.
 */
final class DedicatedConnection extends AbstractDataSource {

    // firewalls and proxies drop connections that are idle for minutes
    private static final Duration IDLE_LIMIT = Duration.ofSeconds(30);
    private static final int VALID_SECONDS = 5;

    private final DedicatedConnections connections;
    private final Duration patience;
    private final long idleNanos;
    private final Semaphore turn = new Semaphore(1, true);
    // both are guarded by the semaphore
    private @Nullable Connection held;
    private long usedAt;

    /**
     * Creates the data source of one connection.
     *
     * @param connections opens the connection
     * @param patience longest wait for the previous user
     */
    DedicatedConnection(DedicatedConnections connections, Duration patience) {
        this(connections, patience, IDLE_LIMIT);
    }

    /** Creates the data source with another idle time after which the connection is tested before its use. */
    DedicatedConnection(DedicatedConnections connections, Duration patience, Duration idleLimit) {
        this.connections = connections;
        this.patience = patience;
        this.idleNanos = idleLimit.toNanos();
    }

    @Override
    public Connection getConnection() throws SQLException {
        awaitTurn();
        try {
            return lend(openWorking());
        } catch (Throwable t) {
            turn.release();
            throw t;
        }
    }

    @Override
    public Connection getConnection(String username, String password) {
        throw new UnsupportedOperationException();
    }

    private void awaitTurn() throws SQLException {
        try {
            if (!turn.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new SQLTransientConnectionException(
                        "Connection is not available: another statement of the relay has been running on it for "
                                + patience.toSeconds() + " seconds");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLTransientConnectionException("Interrupted while waiting for a connection of the relay", e);
        }
    }

    private Connection openWorking() throws SQLException {
        Connection connection = held;
        if (connection != null && !connection.isClosed()) { // the pool closes it when a statement finds it broken
            if (System.nanoTime() - usedAt < idleNanos || connection.isValid(VALID_SECONDS)) {
                return connection;
            }
            connections.evict(connection);
        }
        held = null;
        connection = connections.getConnection();
        held = connection;
        return connection;
    }

    private Connection lend(Connection connection) {
        AtomicBoolean returned = new AtomicBoolean();
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("close")) {
                        giveBack(returned);
                        return null;
                    }
                    if (!returned.get()) {
                        return invoke(connection, method, arguments);
                    }
                    if (method.getName().equals("isClosed")) {
                        return true;
                    }
                    throw new SQLException("This connection was already closed by its user");
                });
    }

    private void giveBack(AtomicBoolean returned) {
        if (returned.compareAndSet(false, true)) {
            usedAt = System.nanoTime();
            turn.release();
        }
    }

    private static Object invoke(Connection connection, Method method, @Nullable Object @Nullable [] arguments)
            throws Throwable {
        try {
            return method.invoke(connection, arguments);
        } catch (InvocationTargetException e) {
            throw e.getTargetException();
        }
    }
}
