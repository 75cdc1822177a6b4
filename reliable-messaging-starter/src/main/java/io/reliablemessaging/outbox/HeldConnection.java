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
 * One connection that is kept, and that its users take turns with. So each purpose has one that nobody else can use up, and
 * what is asked every other second is not preceded by a question whether the connection still works.
 */
final class HeldConnection extends AbstractDataSource {

    // firewalls and proxies forget connections that rest for minutes
    private static final Duration RESTED = Duration.ofSeconds(30);
    private static final int VALID_SECONDS = 5;

    private final OwnConnections connections;
    private final Duration patience;
    private final long restedNanos;
    private final Semaphore turn = new Semaphore(1, true);
    // both guarded by whose turn it is
    private @Nullable Connection held;
    private long usedAt;

    /**
     * Keeps a connection.
     *
     * @param connections where it comes from
     * @param patience longest wait for one's turn
     */
    HeldConnection(OwnConnections connections, Duration patience) {
        this(connections, patience, RESTED);
    }

    /** The same, with another time after which it is asked whether the connection still works. */
    HeldConnection(OwnConnections connections, Duration patience, Duration rested) {
        this.connections = connections;
        this.patience = patience;
        this.restedNanos = rested.toNanos();
    }

    @Override
    public Connection getConnection() throws SQLException {
        awaitTurn();
        try {
            return lend(working());
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
            throw new SQLTransientConnectionException("interrupted while waiting for a connection", e);
        }
    }

    private Connection working() throws SQLException {
        Connection connection = held;
        if (connection != null && !connection.isClosed()) { // the pool closes it when a statement finds it broken
            if (System.nanoTime() - usedAt < restedNanos || connection.isValid(VALID_SECONDS)) {
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
                    throw new SQLException("this connection has been given back");
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
