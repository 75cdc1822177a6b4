package io.reliablemessaging.schema;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Restores a connection before its pool gets it back: not every pool does that itself, and the host uses the connection next. */
final class ConnectionReset {

    private ConnectionReset() {}

    /** Changes a connection, which may be broken already. */
    interface Change {
        void on(Connection connection) throws SQLException;
    }

    /** Wraps a connection so that it is changed when it is closed. */
    static Connection of(Connection connection, Change change) {
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("close")) {
                        change(connection, change);
                    }
                    return invoke(connection, method, arguments);
                });
    }

    private static void change(Connection connection, Change change) {
        try {
            if (!connection.isClosed()) {
                change.on(connection);
            }
        } catch (SQLException e) {
            // it is broken, so the pool will drop it
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
