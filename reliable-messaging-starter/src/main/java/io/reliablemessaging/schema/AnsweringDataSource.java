package io.reliablemessaging.schema;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * Connections that break when the database does not answer in time. Without it, a thread that waits for an answer over a link
 * that has died in silence waits until the operating system gives up, which can take hours.
 */
public final class AnsweringDataSource extends DelegatingDataSource {

    private final int millis;

    /**
     * Makes a data source.
     *
     * @param within longest wait for an answer
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
            return restoring(connection, before);
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    // the host's own work must not be bound by it, and not every pool puts it back
    private static Connection restoring(Connection connection, int before) {
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("close")) {
                        restore(connection, before);
                    }
                    return invoke(connection, method, arguments);
                });
    }

    private static void restore(Connection connection, int before) {
        try {
            if (!connection.isClosed()) {
                connection.setNetworkTimeout(Runnable::run, before);
            }
        } catch (SQLException e) {
            // it is broken, and the pool will not keep it
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
